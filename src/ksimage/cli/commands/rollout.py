"""``ksimage rollout``: bring an image into the cluster, and prove it there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ksimage.cli.input.cluster import cluster_options, kubectl_of
from ksimage.cli.input.options import command, option, registry_options

if TYPE_CHECKING:
    from ksimage.cli.output.terminal import Terminal

SECTION = "Rollout"


@command("rollout", help="Bring an image into the cluster, and prove it in the pod.")
@click.argument("image", required=False)
@option(
    SECTION,
    "--dry-run",
    is_flag=True,
    help="Print the kubectl commands that would change the cluster, and change nothing.",
)
@option(SECTION, "--yes", "-y", is_flag=True, help="Do not ask before the restart.")
@option(
    SECTION,
    "--force",
    is_flag=True,
    help="Go on in spite of what speaks against it. Of an installation that runs the results are"
    " saved first.",
)
@option(
    SECTION,
    "--undo",
    is_flag=True,
    help="Put back what the last rollout changed.",
)
@option(
    SECTION,
    "--way",
    type=click.Choice(["auto", "patch", "scale"]),
    default="auto",
    help="One patch, or stopped first and started anew.  [default: one patch, and the other where"
    " that is refused]",
)
@option(
    SECTION,
    "--timeout",
    type=click.FloatRange(min=1),
    default=300.0,
    metavar="SECONDS",
    help="How long to wait for the new pod.  [default: 300]",
)
@cluster_options
@registry_options
@click.pass_obj
def rollout(
    terminal: Terminal,
    /,
    image: str | None,
    dry_run: bool,
    yes: bool,
    force: bool,
    undo: bool,
    way: str,
    timeout: float,
    **values: Any,
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
    from ksimage.cli.input.rollout import Choices
    from ksimage.errors import UsageError

    kubectl = kubectl_of(values)
    choices = Choices(dry_run, yes, force, way, timeout)
    invocation = Invocation(terminal, values, login=[image])
    if undo:
        if image:
            raise UsageError("--undo takes no image: it puts back what was there before")
        from ksimage.cli.commands.rollout_undo import undo as put_back

        put_back(terminal, kubectl, choices)
        return
    from ksimage.cli.commands.rollout_image import ImageRollout

    ImageRollout(terminal, invocation, kubectl, choices).roll_out(image)
