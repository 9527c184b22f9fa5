"""The ``ksimage`` group: commands by name, loaded late, and the one place where errors end."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NoReturn

import click

import ksimage
from ksimage.cli.input.groups import LateGroup, Table
from ksimage.cli.input.options import global_options
from ksimage.cli.output.terminal import Terminal
from ksimage.errors import KsimageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# The lines of help stand here so that `ksimage --help` loads no command; a test compares them with
# the commands' own.
COMMANDS: Table = {
    "build": ("build", "Patch a release's installer image and prove the result."),
    "diff": ("diff", "Show what the patches change in the hook."),
    "render": ("render", "Write the Dockerfile and its context, or a ConfigMap."),
    "verify": ("verify", "Prove an image: nothing but the hook changed."),
    "inspect": ("inspect", "Show what a tag really holds, and whether it was overwritten."),
    "push": ("push", "Send an earlier build to a registry."),
    "rollout": ("cluster.rollout", "Bring an image into the cluster, and prove it in the pod."),
    "status": ("cluster.status", "Show which installer runs, whose it is, and what it does."),
    "watch": ("cluster.watch", "Show what the installation does, until it has ended."),
    "collect": ("cluster.collect", "Put everything about an installation into one file to send."),
    "timeline": (
        "timeline",
        "Show where an installation's time went: report, page, picture, trace.",
    ),
    "kubekey": ("kubekey", "Tell what KubeKey will do with a configuration, and set it right."),
    "patches": ("patches.patches", "List, show, check and write patches."),
    "releases": ("releases", "List the upstream releases that ksimage knows."),
    "check": ("check", "Find images whose base, patches or tag have changed."),
    "matrix": ("matrix", "Print one CI job per release."),
    "reproduce": ("reproduce", "Rebuild an image from its labels and compare digests."),
    "init": ("init", "Write a commented ksimage.yaml and a CI workflow."),
    "config": ("config", "Show the settings in force and where each came from."),
    "version": ("version", "Show the version of ksimage and of the Python that runs it."),
}


class Program(LateGroup):
    """The commands, and where errors become messages."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: object,
    ) -> click.Context:
        with _broken_pipes():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        with _broken_pipes():
            return super().invoke(ctx)

    # Any: as Click's own, for whoever calls it with more.
    def main(self, args: Sequence[str] | None = None, *more: Any, **kwargs: Any) -> NoReturn:
        """Run, present whatever went wrong, and exit with its code."""
        args = list(sys.argv[1:] if args is None else args)
        kwargs["standalone_mode"] = False
        terminal = Terminal()
        kwargs["obj"] = terminal
        try:
            code = super().main(args, *more, **kwargs)
        except KsimageError as error:
            terminal.error(error)
            code = error.exit_code
        except click.exceptions.Exit as exit_:
            code = exit_.exit_code
        except click.ClickException as error:
            terminal.json = terminal.json or _asks_for_json(args)
            terminal.usage_error(error, args)
            code = 2
        except (click.Abort, KeyboardInterrupt):
            _ignore_more()
            terminal.warning("interrupted: nothing was tagged or pushed half-made")
            code = 130
        except OSError as error:
            from ksimage.errors import SystemRefused

            code = SystemRefused.exit_code
            terminal.error(SystemRefused(error))
        except Exception as error:
            terminal.unexpected(error)
            code = 1
        finally:
            terminal.close()
        sys.exit(code if isinstance(code, int) else 0)


def _ignore_more() -> None:
    """Let an impatient second Ctrl-C not break into the end."""
    import signal

    with suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _broken_pipes() -> Iterator[None]:
    """An engine's socket can break: say so, before Click takes it for a reader that went away."""
    try:
        yield
    except BrokenPipeError as error:
        from ksimage.errors import SystemRefused

        raise SystemRefused(error) from error


def _asks_for_json(args: Sequence[str]) -> bool:
    """Whether ``--output json`` stands in a command line that could not be parsed."""
    return "--output=json" in args or ("--output", "json") in pairwise(args)


@click.group(
    cls=Program,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: see docs/exit-codes.md.  Completion: "
    'eval "$(_KSIMAGE_COMPLETE=bash_source ksimage)"',
)
@click.version_option(ksimage.__version__, prog_name="ksimage")
@global_options
def app() -> None:
    """Patch the ks-installer image that you have, prove the result, and put it where the
    cluster pulls from.

    \b
      ksimage build v3.3.2 --verbose                  into the local Docker Engine
      ksimage build v3.3.2 --verbose \\
          --from harbor.lan/kubesphereio --push       straight from and to Harbor
    """
