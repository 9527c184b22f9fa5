"""Options with optional values, the helper, and what commands share."""

from __future__ import annotations

from pathlib import Path

import click
import pytest
from tests.unit.cli.conftest import Run

from ksimage.cli.app import app
from ksimage.cli.input.options import GLOBAL, Option, given, parameter
from ksimage.config.settings import SETTINGS


@pytest.mark.parametrize(
    ("arguments", "meant"),
    [
        (("build", "v3.3.2", "--verbose", "3", "--to", "oci:out"), "--verbose=3"),
        (("build", "--verbose", "3", "v3.3.2", "--to", "oci:out"), "--verbose=3"),
        (("build", "v3.3.2", "--to", "oci:out", "--verbose", "12"), "--verbose=12"),
        (("push", "oci:x", "--create-project", "private"), "--create-project=private"),
        (("build", "v3.3.2", "--push", "--create-project", "public"), "--create-project=public"),
    ],
)
def test_a_value_behind_a_blank(
    run: Run, base: str, tmp_path: Path, arguments: tuple[str, ...], meant: str
) -> None:
    """It was taken for a release, and the image built and pushed with another verbosity."""
    more = ("--from", base) if arguments[0] == "build" else ()
    found = run(*arguments, *more)
    assert found.code == 2
    assert f"did you mean: {meant}" in found.stderr
    assert list(tmp_path.iterdir()) == []


def test_without_and_with_its_value(run: Run) -> None:
    def verbosity(*arguments: str) -> object:
        found = run("--output", "json", "config", *arguments).ok()
        return found.document["settings"]["verbosity"]["value"]

    assert verbosity("--verbose") == 5
    assert verbosity("--verbose=3") == 3
    assert verbosity("--verbose", "--jobs", "2") == 5


def test_what_follows_a_double_dash_is_no_option(run: Run) -> None:
    found = run("build", "--", "--verbose", "3")
    assert "did you mean: --verbose=3" not in found.stderr


def test_every_option_has_a_section() -> None:
    context = click.Context(app)
    for name in app.list_commands(context):
        command = app.get_command(context, name)
        assert command is not None
        for param in command.params:
            if isinstance(param, click.Option):
                assert isinstance(param, Option) and param.section, f"{name} {param.opts}"
    assert any(getattr(param, "section", "") == GLOBAL for param in app.params)


def test_settings_are_found_again_by_their_keys() -> None:
    values = {parameter(setting.key): (setting.key,) for setting in SETTINGS}
    assert given(values) == {setting.key: (setting.key,) for setting in SETTINGS}
    assert given({parameter("tag"): None, parameter("labels"): (), "what": "x"}) == {}
