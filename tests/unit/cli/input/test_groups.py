"""Groups that load their commands late."""

from __future__ import annotations

import click
import pytest

from ksimage.cli.commands.patches.patches import ELSEWHERE, patches
from ksimage.cli.input.groups import LateGroup


@pytest.fixture
def context() -> click.Context:
    return click.Context(patches)


def test_own_commands_come_first_and_all_are_there(context: click.Context) -> None:
    assert isinstance(patches, LateGroup)
    names = patches.list_commands(context)
    assert names == ["list", "show", *ELSEWHERE]
    for name in names:
        command = patches.get_command(context, name)
        assert command is not None and command.name == name


def test_a_line_of_help_is_the_commands_own(context: click.Context) -> None:
    for name, (_, text) in ELSEWHERE.items():
        command = patches.get_command(context, name)
        assert command is not None and command.short_help == text


def test_a_name_like_one_that_is_there(context: click.Context) -> None:
    with pytest.raises(click.UsageError, match="Did you mean refresh"):
        patches.resolve_command(context, ["refrsh"])
    assert patches.get_command(context, "none") is None
