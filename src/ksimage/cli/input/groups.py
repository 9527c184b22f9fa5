"""Groups whose commands are imported when they are used, and whose help lists them without."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

Table = dict[str, tuple[str, str]]
"""Name: (module below ksimage.cli.commands, its command is called as it is; one line of help)."""


class LateGroup(click.Group):
    """A group with a table of commands; those that are added as usual come first."""

    # Any: as Click's own decorators hand them on; Click's constructor checks them.
    def __init__(self, *, table: Mapping[str, tuple[str, str]], **details: Any) -> None:
        super().__init__(**details)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self.commands, *self.table]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.table:
            return super().get_command(ctx, cmd_name)
        module, _ = self.table[cmd_name]
        loaded = importlib.import_module(f"ksimage.cli.commands.{module}")
        command: click.Command = getattr(loaded, module.rpartition(".")[2])
        return command

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Alone, a group shows its help: somebody wants to know what there is."""
        if not args and not ctx.resilient_parsing:
            click.echo(ctx.get_help(), color=ctx.color)
            ctx.exit()
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, known = args[0], self.list_commands(ctx)
        if name not in known and not name.startswith("-"):
            from ksimage.text import similar

            near = similar(name, known, 2)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            raise click.UsageError(f"There is no command {name!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        own = [(name, command.get_short_help_str()) for name, command in self.commands.items()]
        with formatter.section("Commands"):
            formatter.write_dl([*own, *((name, text) for name, (_, text) in self.table.items())])
