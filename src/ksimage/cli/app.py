"""The ``ksimage`` group: commands by name, loaded late, and the one place where errors end."""

from __future__ import annotations

import importlib
import os
import select
import sys
from contextlib import contextmanager, suppress
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NoReturn

import click

import ksimage
from ksimage.cli.input.options import Command, global_options
from ksimage.cli.output.terminal import Terminal
from ksimage.errors import KsimageError, SystemRefused
from ksimage.text import similar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Name: (module below ksimage.cli and the command in it, one line of help). The lines stand here so
# that `ksimage --help` loads no command; a test compares them with the commands' own.
COMMANDS = {
    "build": ("build", "Patch a release's installer image and prove the result."),
    "diff": ("diff", "Show what the patches change in the hook."),
    "render": ("render", "Write the Dockerfile and its context, or a ConfigMap."),
    "verify": ("verify", "Prove an image: nothing but the hook changed."),
    "inspect": ("inspect", "Show what a tag really holds, and whether it was overwritten."),
    "push": ("push", "Send an earlier build to a registry."),
    "kubekey": ("kubekey", "Tell what KubeKey will do with a configuration, and set it right."),
    "patches": ("patches", "List, show, check and write patches."),
    "releases": ("releases", "List the upstream releases that ksimage knows."),
    "check": ("check", "Find images whose base, patches or tag have changed."),
    "matrix": ("matrix", "Print one CI job per release."),
    "reproduce": ("reproduce", "Rebuild an image from its labels and compare digests."),
    "init": ("init", "Write a commented ksimage.yaml and a CI workflow."),
    "config": ("config", "Show the settings in force and where each came from."),
}


class Group(click.Group):
    """A group that imports a command only to run it, and turns errors into messages."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _ = COMMANDS[cmd_name]
        loaded = importlib.import_module(f"ksimage.cli.commands.{module}")
        command: click.Command = getattr(loaded, module)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            near = similar(name, COMMANDS, 2)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"There is no command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        with _broken_pipes():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with _broken_pipes():
            return super().invoke(ctx)

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
        except _ReaderGone:
            # `ksimage diff | head`: Python must not complain at its end either.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            code = 0
        except OSError as error:
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


class _ReaderGone(Exception):
    """Nobody reads stdout any more."""


@contextmanager
def _broken_pipes() -> Iterator[None]:
    """Take them before Click does, which ends with 1; an engine's socket can break as well."""
    try:
        yield
    except BrokenPipeError as error:
        raise (_ReaderGone if _reader_gone() else SystemRefused)(error) from error


def _reader_gone() -> bool:
    try:
        poll = select.poll()
        poll.register(sys.stdout.fileno(), select.POLLOUT)
        return any(events & (select.POLLERR | select.POLLHUP) for _, events in poll.poll(0))
    except (OSError, ValueError):
        return False


def _asks_for_json(args: Sequence[str]) -> bool:
    """Whether ``--output json`` stands in a command line that could not be parsed."""
    return "--output=json" in args or ("--output", "json") in pairwise(args)


@click.group(
    cls=Group,
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


__all__ = ["COMMANDS", "Command", "app"]
