"""The group: every command in the table, and none loaded before its time."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import click
import pytest
from tests.support.program import Finished, ksimage

from ksimage.cli.app import COMMANDS, app


def run(*arguments: str, cwd: Path, **env: str) -> Finished:
    return ksimage(*arguments, cwd=cwd, env=env)


class TestCommands:
    def test_one_line_of_help_is_the_commands_own(self) -> None:
        context = click.Context(app)
        for name, (_, text) in COMMANDS.items():
            command = app.get_command(context, name)
            assert command is not None
            assert command.short_help == text, name
            assert command.name == name

    def test_no_module_is_forgotten(self) -> None:
        folder = Path(importlib.import_module("ksimage.cli.commands").__file__ or "").parent
        for name, (module, _) in COMMANDS.items():
            assert (folder / f"{module.replace('.', '/')}.py").exists(), name

    def test_help_of_everything(self, tmp_path: Path) -> None:
        top = run("--help", cwd=tmp_path).ok()
        for name, (_, text) in COMMANDS.items():
            assert name in top.stdout and text.split()[0] in top.stdout
            own = run(name, "--help", cwd=tmp_path).ok()
            assert "Global options" in own.stdout or "Commands" in own.stdout
            assert own.stderr == ""

    def test_version(self, tmp_path: Path) -> None:
        assert run("--version", cwd=tmp_path).ok().stdout.startswith("ksimage, version ")

    @pytest.mark.parametrize("group", [(), ("patches",)])
    def test_alone_a_group_shows_its_help(self, tmp_path: Path, group: tuple[str, ...]) -> None:
        alone = run(*group, cwd=tmp_path).ok()
        assert "Commands:" in alone.stdout and alone.stderr == ""
        assert alone.stdout == run(*group, "--help", cwd=tmp_path).ok().stdout

    def test_as_a_module(self, tmp_path: Path) -> None:
        command = (sys.executable, "-m", "ksimage")
        usual = run("releases", cwd=tmp_path).ok()
        assert ksimage("releases", cwd=tmp_path, command=command).ok() == usual
        refused = ksimage("nonsense", cwd=tmp_path, command=command)
        assert refused.code == 2
        assert "→ python -m ksimage --help" in refused.stderr

    def test_help_loads_nothing_heavy(self, tmp_path: Path) -> None:
        code = (
            "import sys\nfrom ksimage.cli import main\n"
            "sys.argv[1:] = ['--help']\n"
            "try: main()\nexcept SystemExit: pass\n"
            "heavy = ('docker', 'jinja2', 'urllib3', 'yaml', 'rich', 'requests', 'tarfile',\n"
            "         'ksimage.build.plan', 'ksimage.patching.apply', 'asyncio', 'ssl')\n"
            "sys.exit(', '.join(name for name in heavy if name in sys.modules) or 0)\n"
        )
        finished = ksimage(cwd=tmp_path, command=(sys.executable, "-c", code))
        assert finished.code == 0, f"loaded: {finished.stderr}"
