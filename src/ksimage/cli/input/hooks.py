"""``--clone``, for every command that works on pristine hooks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ksimage.cli.input import completion
from ksimage.cli.input.options import option

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from ksimage.cli.input.invocation import Invocation

    F = TypeVar("F", bound=Callable[..., object])


clone_option = option(
    "Hooks",
    "--clone DIR",
    "Take the hooks from a clone of kubesphere/ks-installer.  [env: KS_INSTALLER_REPO]",
    envvar="KS_INSTALLER_REPO",
)


pristine_option = option(
    "Hooks",
    "--pristine",
    "For a series that replaces the shipped one (--patch-mode replace): without the shipped "
    "patches below.",
)


def release_option(help: str) -> Callable[[F], F]:  # noqa: A002 - as Click calls it
    """``--release`` of a command that works on the hook of one release."""
    return option(
        "Hooks", "--release RELEASE", help, required=True, shell_complete=completion.release_names
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


def hook_below(
    run: Invocation,
    tag: str,
    clone: str | None,
    folder: Path,
    *,
    name: str | None = None,
    alone: bool = False,
) -> bytes:
    """The hook that a patch in ``folder`` meets in a build of a release.

    Below it are the shipped patches, unless ``alone`` or the settings replace them, and those of
    the folder's own series: all, or those before ``name``.

    Raises:
        CloneUnusable, PatchError, and whatever opening and reading the image raises.
    """
    from ksimage import resources
    from ksimage.build import patcher
    from ksimage.patching import series

    pristine = read_hook(run, tag, clone)
    below = series.Series(())
    if run.settings.patches.mode == "append" and not alone:
        below = series.load(resources.path("patches"))
    if (folder / series.DEFAULT).is_file() and not series.is_shipped(folder / series.DEFAULT):
        own = [patch for patch in series.load(folder) if patch.default]
        names = [patch.name for patch in own]
        until = names.index(name) if name in names else len(own)
        below = series.combine(below, series.Series(tuple(own[:until])))
    return patcher.met(pristine, tag, below, target=f"the hook of {tag}")
