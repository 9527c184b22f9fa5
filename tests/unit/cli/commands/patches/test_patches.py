"""``ksimage patches list`` and ``show``, with the shipped series and somebody's own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.own_patches import patch, series

from ksimage import resources

SHIPPED = resources.path("patches")
DEFAULTS = (
    "unquiet",
    "verbosity",
    "keep-output",
    "labelled-output",
    "poll-interval",
    "failure-report",
)


def names(text: str) -> list[str]:
    return [line.split()[0] for line in text.splitlines()]


class TestList:
    def test_text(self, run: Run) -> None:
        found = run("patches", "list").ok()
        assert names(found.stdout) == [*DEFAULTS, "early-config"]
        rows = {line.split()[0]: line.split()[1:] for line in found.stdout.splitlines()}
        assert [rows[name][0] for name in rows] == ["on"] * 6 + ["off"]
        assert rows["poll-interval"][1:3] == [">=3.1.0-alpha.0", "<=3.4.1"]
        assert found.stderr == ""

    def test_json(self, run: Run) -> None:
        document = run("--output", "json", "patches", "list").ok().document
        assert document["schema"] == "ksimage/v1"
        found = {entry["name"]: entry for entry in document["patches"]}
        assert [name for name, entry in found.items() if entry["default"]] == list(DEFAULTS)
        assert found["early-config"]["risk"]
        content = (SHIPPED / "unquiet.patch").read_bytes()
        assert found["unquiet"] == {
            "name": "unquiet",
            "default": True,
            "releases": ">=3.0.0 <=3.4.1",
            "summary": found["unquiet"]["summary"],
            "risk": found["unquiet"]["risk"],
            "sha256": hashlib.sha256(content).hexdigest(),
        }

    def test_own_series_follows_the_shipped_defaults(self, run: Run, tmp_path: Path) -> None:
        series(tmp_path / "mine", "chatty", optional=("extra",))
        found = run("patches", "list", "--patch-dir", "mine").ok()
        assert names(found.stdout) == [*DEFAULTS, "chatty", "early-config", "extra"]
        (line,) = (line for line in found.stdout.splitlines() if line.startswith("chatty"))
        assert line.split("  ")[-1] == "chatty"
        assert "every release" in line

    def test_own_series_replaces_the_shipped_one(self, run: Run, tmp_path: Path) -> None:
        series(tmp_path / "mine", "chatty", optional=("extra",))
        arguments = ("--patch-dir", "mine", "--patch-mode", "replace")
        assert names(run("patches", "list", *arguments).ok().stdout) == ["chatty", "extra"]

    def test_own_series_of_the_settings_file(self, run: Run, tmp_path: Path) -> None:
        series(tmp_path / "mine", "chatty")
        (tmp_path / "ksimage.yaml").write_text("patches: {dir: mine, mode: replace}\n")
        assert names(run("patches", "list").ok().stdout) == ["chatty"]

    def test_single_files_alone_replace_the_series(self, run: Run, tmp_path: Path) -> None:
        """`patches.mode: replace` with files and no folder leaves nothing of the shipped series."""
        (tmp_path / "one.patch").write_bytes(patch("one"))
        (tmp_path / "ksimage.yaml").write_text("patches: {files: [one.patch], mode: replace}\n")
        assert run("patches", "list").ok().stdout == ""
        assert run("--output", "json", "patches", "list").ok().document["patches"] == []

    @pytest.mark.parametrize(
        ("spoil", "kind", "words"),
        [
            (lambda folder: (folder / "forgotten.patch").write_bytes(patch("x")),
             "series-stray-patch", "forgotten.patch"),
            (lambda folder: (folder / "chatty.patch").unlink(),
             "series-entry-missing", "chatty.patch"),
            (lambda folder: (folder / "series").unlink(), "series-missing", "mine"),
            (lambda folder: (folder / "series").write_text("chatty.patch -R\n"),
             "series-malformed", "-R"),
            (lambda folder: (folder / "series").write_text("chatty.patch\nchatty.patch\n"),
             "patch-name-taken", "chatty"),
            (lambda folder: (folder / "chatty.patch").rename(folder / "unquiet.patch") and
             (folder / "series").write_text("unquiet.patch\n"), "patch-name-taken", "unquiet"),
            (lambda folder: (folder / "chatty.patch").write_text("Description: nothing\n"),
             "patch-malformed", "chatty"),
        ],
        ids=["stray", "missing", "no-series", "reverse", "twice", "shipped-name", "no-diff"],
    )  # fmt: skip
    def test_an_inconsistent_folder_is_an_error(
        self, run: Run, tmp_path: Path, spoil: Callable[[Path], object], kind: str, words: str
    ) -> None:
        spoil(series(tmp_path / "mine", "chatty"))
        found = run("--output", "json", "patches", "list", "--patch-dir", "mine")
        assert found.code == 5
        assert found.document["error"]["kind"] == kind
        assert words in found.stderr

    def test_a_folder_that_is_not_there(self, run: Run) -> None:
        found = run("patches", "list", "--patch-dir", "nowhere")
        assert found.code == 5
        assert "nowhere" in found.stderr

    def test_texts_of_a_patch_cannot_steer_the_terminal(self, run: Run, tmp_path: Path) -> None:
        series(tmp_path / "mine", "chatty", about="\x1b]0;owned\x07\x1b[2Jdone\x9b31m")
        found = run("patches", "list", "--patch-dir", "mine").ok()
        assert not set("\x1b\x07\x9b") & set(found.stdout)
        assert "done" in found.stdout


class TestShow:
    def test_text_is_the_file(self, run: Run) -> None:
        expected = (SHIPPED / "unquiet.patch").read_text()
        assert run("patches", "show", "unquiet").ok().stdout == expected
        assert run("patches", "show", "unquiet.patch").ok().stdout == expected

    def test_json(self, run: Run) -> None:
        document = run("--output", "json", "patches", "show", "early-config").ok().document
        assert document["patch"]["name"] == "early-config"
        assert document["patch"]["default"] is False
        assert document["patch"]["text"] == (SHIPPED / "early-config.patch").read_text()

    def test_own(self, run: Run, tmp_path: Path) -> None:
        series(tmp_path / "mine", "chatty")
        found = run("patches", "show", "chatty", "--patch-dir", "mine").ok()
        assert "+logging.basicConfig(level=logging.DEBUG" in found.stdout

    def test_unknown_names_what_is_near(self, run: Run) -> None:
        found = run("--output", "json", "patches", "show", "unquite")
        assert found.code == 5
        assert found.document["error"]["kind"] == "unknown-patch"
        assert "unquiet" in found.stderr

    def test_help_names_the_subcommands(self, run: Run) -> None:
        text = run("patches", "--help").ok().stdout
        for name in ("list", "show", "check", "refresh", "new"):
            assert f"\n  {name} " in text
