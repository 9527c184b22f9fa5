"""The releases of a run and what a check finds out about them, for `check` and `matrix`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.cli.input.order import work
from ksimage.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.build.staleness import Finding
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.input.order import Work


def releases(run: Invocation, names: Sequence[str]) -> list[Work]:
    """The named releases, or all that are configured.

    Raises:
        UnknownRelease, UnsupportedRelease, UsageError.
    """
    from ksimage.base import naming

    return work([naming.release_tag(name) for name in names], not names, run.settings)


def check_releases(run: Invocation, names: Sequence[str]) -> list[Finding]:
    """Check the named releases, or all that are configured, some at once.

    Raises:
        UnknownRelease, UnsupportedRelease, UsageError.
    """
    from ksimage.build import staleness

    wanted = releases(run, names)
    if run.settings.target is None:
        raise UsageError(
            "there is nowhere to look for the images",
            why="neither --target nor --from names a registry of yours",
            advice=["--target harbor.lan/kubesphereio"],
        )
    return staleness.check_all(
        wanted, run.settings, options=run.options, target=run.settings.target
    )
