"""Shell completion of release and patch names. Must be quick, and silent when it fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click


def release_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Upstream's supported tags, the newest first."""
    from ksimage.upstream import releases

    tags = [release.tag for release in reversed(releases.supported())]
    return [tag for tag in tags if tag.startswith(incomplete)]


def patch_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of the shipped patches."""
    from ksimage import resources
    from ksimage.errors import KsimageError
    from ksimage.patching import series

    try:
        names = series.load(resources.path("patches")).names
    except KsimageError:
        return []
    return [name for name in names if name.startswith(incomplete)]


BY_KIND = {"patch-list": patch_names}
"""What completes the values of a kind of setting."""
