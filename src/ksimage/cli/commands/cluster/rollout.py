"""``ksimage rollout``: bring an image into the cluster, and prove it there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from ksimage.cli.input.cluster import cluster_options, kubectl_of
from ksimage.cli.input.options import command, number, option, registry_options

if TYPE_CHECKING:
    from ksimage.cli.output.terminal import Terminal

SECTION = "Rollout"


@command("rollout", help="Bring an image into the cluster, and prove it in the pod.")
@click.argument("image", required=False)
@option(
    SECTION,
    "--dry-run",
    "Print the kubectl commands that would change the cluster, and change nothing.",
)
@option(SECTION, "--yes, -y", "Do not ask before the restart.")
@option(
    SECTION,
    "--force",
    "Go on in spite of what speaks against it. Of an installation that runs the results are"
    " saved first.",
)
@option(SECTION, "--undo", "Put back what the last rollout changed.")
@option(
    SECTION,
    "--tag",
    "Ask for IMAGE by its tag, pulled at every start, and name the nodes that hold a stale"
    " copy.  [default: by digest]",
)
@option(SECTION, "--pre-pull", "Have every node pull the image first (a DaemonSet, removed again).")
@option(
    SECTION,
    "--configmap DIR",
    "Instead of an image: mount the hook that `render --as configmap -o DIR` wrote.",
    type=click.Path(exists=True, file_okay=False),
)
@option(
    SECTION,
    "--verbosity N",
    "Set spec.debug.verbosity of the ClusterConfiguration (none: take it out). Without IMAGE"
    " nothing else is done.",
    type=click.Choice(["0", "1", "2", "3", "4", "5", "none"]),
)
@option(SECTION, "--component NAME", "Instead of an image: have one component installed again.")
@option(
    SECTION,
    "--way",
    "One patch, or stopped first and started anew.  [default: one patch, and the other where"
    " that is refused]",
    type=click.Choice(["auto", "patch", "scale"]),
    default="auto",
)
@number(SECTION, "--timeout SECONDS", "How long to wait for the new pod.", 300.0)
@cluster_options
@registry_options
def rollout(
    terminal: Terminal,
    /,
    image: str | None,
    dry_run: bool,
    yes: bool,
    force: bool,
    undo: bool,
    tag: bool,
    pre_pull: bool,
    configmap: str | None,
    verbosity: str | None,
    component: str | None,
    way: str,
    timeout: float,
    **values: object,
) -> None:
    """Make the cluster's ks-installer run IMAGE, by digest, and prove in the pod that it does.

    IMAGE is what build printed, a tag of the running image's repository, or nothing: then the
    newest build of ksimage beside the running image is taken.

    \b
      ksimage rollout harbor.lan/kubesphereio/ks-installer@sha256:…
      ksimage rollout v3.3.2-debug --dry-run
      ksimage rollout --undo
    """
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.rollout.conversation import Conversation

    talk = Conversation(terminal, kubectl_of(values), dry_run, yes, force, way, timeout)
    _require_one_thing(image, undo=undo, configmap=configmap, component=component)
    if undo:
        from ksimage.cli.rollout.undo import undo as put_back

        put_back(talk)
        return
    if configmap:
        from ksimage.cli.rollout.mount import mount_hook

        mount_hook(talk, Path(configmap))
        return
    if component or (verbosity and not (image or tag or pre_pull)):
        from ksimage.cli.rollout.configuration import run_component, set_verbosity

        if component:
            run_component(talk, component)
        if verbosity and not component:
            set_verbosity(talk, _level(verbosity))
        return
    from ksimage.cli.rollout.image import ImageRollout

    invocation = Invocation(terminal, values, login=[image])
    run = ImageRollout(talk, invocation, by_tag=tag, pre_pull=pre_pull)
    run.roll_out(image, verbosity=_level(verbosity) if verbosity else -1)


def _level(text: str) -> int | None:
    return None if text == "none" else int(text)


def _require_one_thing(image: str | None, **others: object) -> None:
    """Raises UsageError when more than one thing is asked for."""
    from ksimage.errors import UsageError

    asked = [f"--{name}" for name, value in others.items() if value]
    if len(asked) > 1 or (asked and image):
        both = " and ".join([*asked, *([image] if image else [])])
        raise UsageError(f"{both} at once: each is a rollout of its own")
