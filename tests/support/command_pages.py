"""``docs/commands.md``, written from the program itself: ``python -m tests.support.command_pages``.

Made from the commands' parameters and not from their help pages, whose line breaks change with
Click's version.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from ksimage.cli.app import app
from ksimage.cli.input.options import GLOBAL

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"

HEAD = """\
# Commands

Written from the program: `make docs` after a change, and a test compares. What each setting means
for a whole project is in [configuration.md](configuration.md), exit codes are in
[exit-codes.md](exit-codes.md).
"""
EVERYWHERE = """\
Before or after the command's name. stdout carries the result alone; everything else goes to stderr.
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page())
    print(PAGE, file=sys.stderr)


def page() -> str:
    """The whole page."""
    parts = [HEAD, "## Global options\n", EVERYWHERE, _table(_options(app, GLOBAL))]
    for name, command in commands():
        parts += _section(name, command)
    return "\n".join(parts)


def commands(
    group: click.Group = app, prefix: str = "ksimage"
) -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name, groups included."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None, f"{prefix} lists {name} but does not have it"
        yield f"{prefix} {name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")


def options(command: click.Command) -> list[click.Option]:
    """A command's own options."""
    found = [param for param in command.params if isinstance(param, click.Option)]
    return [option for option in found if getattr(option, "section", "Options") != GLOBAL]


def _section(name: str, command: click.Command) -> list[str]:
    arguments = [
        param.make_metavar(click.Context(command))
        for param in command.params
        if isinstance(param, click.Argument)
    ]
    usage = " ".join([name, *(["[OPTIONS]"] if options(command) else []), *arguments])
    if isinstance(command, click.Group):
        usage = f"{name} COMMAND"
    level = "#" * (name.count(" ") + 1)
    parts = [f"{level} {name}\n", f"    {usage}\n", *_text(command.help or "")]
    sections = dict.fromkeys(getattr(option, "section", "Options") for option in options(command))
    return [*parts, *(_table(_options(command, title), title) for title in sections)]


def _text(help_text: str) -> Iterator[str]:
    """A docstring's paragraphs; those after Click's ``\\b`` as blocks."""
    for paragraph in inspect.cleandoc(help_text).split("\n\n"):
        if paragraph.startswith("\b"):
            lines = paragraph.split("\n")[1:]
            yield "\n".join(["```console", *(line.removeprefix("  ") for line in lines), "```\n"])
        else:
            yield paragraph + "\n"


def _options(command: click.Command, section: str) -> list[click.Option]:
    return [
        param
        for param in command.params
        if isinstance(param, click.Option)
        and not param.hidden
        and getattr(param, "section", "Options") == section
    ]


def _table(found: list[click.Option], title: str = "Option") -> str:
    rows = [f"| {title} | |", "|---|---|"]
    for option in found:
        names = ", ".join([*option.opts, *option.secondary_opts])
        value = "" if option.is_flag or option.count else option.metavar or _choices(option)
        names += value if value.startswith("[=") or not value else f" {value}"
        rows.append(f"| `{_cell(names)}` | {_cell(option.help or '').replace('<', '&lt;')} |")
    return "\n".join(rows) + "\n"


def _choices(option: click.Option) -> str:
    choices = getattr(option.type, "choices", ())
    return "|".join(choices) or option.type.name.upper()


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    main()
