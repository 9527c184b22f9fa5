"""``--clone``, for every command that works on pristine hooks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ksimage.cli.input.options import option

if TYPE_CHECKING:
    from ksimage.cli.input.invocation import Invocation

clone_option = option(
    "Hooks",
    "--clone",
    metavar="DIR",
    envvar="KS_INSTALLER_REPO",
    help="Take the hooks from a clone of kubesphere/ks-installer.  [env: KS_INSTALLER_REPO]",
)


def read_hook(run: Invocation, tag: str, clone: str | None) -> bytes:
    """The pristine hook of an upstream tag, from the clone or from the release's image.

    Raises:
        CloneUnusable, and whatever opening and reading the image raises.
    """
    from ksimage.hook import pristine

    if clone:
        return pristine.from_clone(Path(clone), tag)
    return pristine.from_image(tag, run.settings, run.options)
