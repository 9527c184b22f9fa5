"""``ksimage config``: what is in force, and where each value came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ksimage.cli.input.options import command, option
from ksimage.cli.input.options import settings as setting_options
from ksimage.config.settings import SETTINGS

if TYPE_CHECKING:
    from ksimage.cli.output.terminal import Terminal


@command("config", help="Show the settings in force and where each came from.")
@option("Result", "--schema", "Print the JSON Schema of ksimage.yaml, for editors.")
@setting_options("Settings", *(setting.key for setting in SETTINGS if setting.flag))
def config(terminal: Terminal, /, schema: bool, **values: object) -> None:
    """Show the settings in force and where each came from: flag, environment, file or default.

    Flags given here are taken into account, so that a build's command line can be tried out.

    \b
      ksimage config
      ksimage config --from harbor.lan/kubesphereio --verbose
      ksimage config --schema > ksimage.schema.json
    """
    from ksimage.cli.input.invocation import Invocation
    from ksimage.cli.output.lines import aligned
    from ksimage.config import present

    if schema:
        click.echo(present.schema_text(), nl=False)
        return
    settings = Invocation(terminal, values).settings
    if terminal.json:
        terminal.document(present.settings_document(settings))
        return
    terminal.result("\n".join(aligned(present.render_settings(settings))))
    if settings.file:
        terminal.step(f"read {settings.file}")
