"""``--create-project`` and ``--replace``, for every command that writes to a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ksimage.cli.input.options import option

if TYPE_CHECKING:
    from ksimage.cli.input.invocation import Invocation
    from ksimage.locations.spec import Location

create_project_option = option(
    "Result",
    "--create-project [=private]",
    "Create the Harbor project first unless it exists: public (as KubeKey's nodes pull"
    " without a login), or private.",
    type=click.Choice(["public", "private"]),
)

replace_option = option(
    "Result",
    "--replace",
    "Replace what the name holds, and keep that as <tag>-orig; an archive is replaced whole.",
)


def ensure_project(run: Invocation, location: Location, visibility: str | None) -> None:
    """Do what the option asks for. Raises AuthError, RegistryError, BadReference."""
    if visibility is None or location.reference is None:
        return
    from ksimage.harbor import api

    told = api.ensure(location.reference, run.options(location), public=visibility == "public")
    run.terminal.step(f"project  {told}")
