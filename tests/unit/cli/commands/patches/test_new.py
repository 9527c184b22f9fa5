"""``ksimage patches new``: what an editor made of a hook becomes a patch file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from tests.support import derived
from tests.unit.cli.conftest import Run
from tests.unit.cli.own_patches import CHATTY, HOOK, series

from ksimage.patching import series as library
from ksimage.patching.apply import apply_patch

EDIT = """\
import sys
from pathlib import Path
path = Path(sys.argv[-1])
assert path.name == "installRunner.py", sys.argv
Path("seen").write_text(repr(sys.argv[1:-1]))
path.write_bytes(path.read_bytes().replace(b"logging.INFO", b"logging.DEBUG"))
"""
NEW = ("patches", "new", "chatty", "--release", "3.3.2", "--pristine")


@pytest.fixture
def editor(tmp_path: Path) -> str:
    """A command that edits the last file that it is given."""
    (tmp_path / "my editor.py").write_text(EDIT)
    return f"'{sys.executable}' 'my editor.py' --wait"


def applied(path: Path) -> bytes:
    return apply_patch(HOOK, library.load_file(path).patch).data


def test_editor(
    run: Run, clone: Path, tmp_path: Path, editor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", editor)
    found = run(*NEW, "--clone", str(clone)).ok()
    assert found.stdout == "chatty.patch\n"
    assert (tmp_path / "seen").read_text() == "['--wait']"
    assert applied(tmp_path / "chatty.patch") == CHATTY
    assert "use it:  ksimage build v3.3.2 --patch chatty.patch --patch-mode replace" in found.stderr
    assert not (tmp_path / "series").exists()
    header = library.load_file(tmp_path / "chatty.patch").header
    assert header.releases == "==3.3.2"
    assert "\nLast-Update: " in (tmp_path / "chatty.patch").read_text()


def test_visual_wins(
    run: Run, clone: Path, tmp_path: Path, editor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "false")
    monkeypatch.setenv("VISUAL", editor)
    run(*NEW, "--clone", str(clone)).ok()


def test_failing_editor(
    run: Run, clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for editor, code in (("sh -c 'exit 3'", 3), ("/no/such/editor", 127)):
        monkeypatch.setenv("EDITOR", editor)
        found = run(*NEW, "--clone", str(clone))
        assert found.code == 2
        assert f"the editor ended with code {code}: nothing was written" in found.stderr
    assert list(tmp_path.iterdir()) == []


def test_no_editor(run: Run, clone: Path, tmp_path: Path) -> None:
    found = run(*NEW, "--clone", str(clone))
    assert found.code == 2
    assert "no editor is set" in found.stderr
    assert "--edited FILE" in found.stderr


def test_nothing_changed(
    run: Run, clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "true")
    found = run("--output", "json", *NEW, "--clone", str(clone))
    assert found.code == 5
    assert found.document["error"]["kind"] == "patch-without-effect"
    assert list(tmp_path.iterdir()) == []


def test_edited_file(run: Run, base: str, tmp_path: Path) -> None:
    """Without an editor, from an image, with a description, as JSON."""
    (tmp_path / "edited.py").write_bytes(CHATTY)
    about = ("--description", "say\n more ", "--edited", "edited.py", "--from", base)
    found = run("--output", "json", *NEW, *about).ok()
    assert found.document == {"schema": "ksimage/v1", "file": "chatty.patch"}
    made = library.load_file(tmp_path / "chatty.patch")
    assert made.header.summary == "say more"
    assert "\n more" not in (tmp_path / "chatty.patch").read_text()
    assert applied(tmp_path / "chatty.patch") == CHATTY


def test_author(run: Run, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "edited.py").write_bytes(CHATTY)
    monkeypatch.setenv("DEBFULLNAME", "Ä. Author")
    run(*NEW, "--edited", "edited.py", "--from", base, "--description", " ").ok()
    assert "\nAuthor: Ä. Author\n" in (tmp_path / "chatty.patch").read_text()
    assert (
        library.load_file(tmp_path / "chatty.patch").header.summary == "what it does, in one line"
    )


def test_edited_file_is_not_there(run: Run, base: str) -> None:
    found = run(*NEW, "--edited", "missing.py", "--from", base)
    assert found.code == 14
    assert "cannot read missing.py" in found.stderr


def test_series_gets_a_line(run: Run, base: str, tmp_path: Path) -> None:
    (tmp_path / "edited.py").write_bytes(CHATTY.replace(b"import json", b"import json  # !"))
    mine = series(tmp_path / "mine", "first")
    (mine / "series").write_text("# mine\nfirst.patch")  # no newline at its end
    (mine / "series").chmod(0o664)
    found = run(*NEW, "--edited", "edited.py", "--from", base, "--dir", "mine").ok()
    assert found.stdout == "mine/chatty.patch\n"
    assert (mine / "series").read_text() == "# mine\nfirst.patch\nchatty.patch\n"
    assert (mine / "series").stat().st_mode & 0o777 == 0o664
    assert library.load(mine).names == ("first", "chatty")
    assert "ksimage build v3.3.2 --patch-dir mine --patch-mode replace --from" in found.stderr


def test_new_folder_becomes_a_series(run: Run, base: str, tmp_path: Path) -> None:
    (tmp_path / "edited.py").write_bytes(CHATTY)
    run(*NEW, "--edited", "edited.py", "--from", base, "--dir", "a/b").ok()
    assert library.load(tmp_path / "a" / "b").names == ("chatty",)
    listed = run("patches", "list", "--patch-dir", "a/b").ok().stdout
    assert "\nchatty " in listed


def test_new_folder_is_not_left_behind_by_an_editor_that_gave_up(
    run: Run, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "false")
    assert run(*NEW, "--from", base, "--dir", "mine").code == 2
    (tmp_path / "edited.py").write_bytes(CHATTY)
    run(*NEW, "--edited", "edited.py", "--from", base, "--dir", "mine").ok()
    assert library.load(tmp_path / "mine").names == ("chatty",)


def test_folder_is_tried_before_the_editor(
    run: Run, base: str, tmp_path: Path, editor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", editor)
    (tmp_path / "file").write_text("")
    found = run(*NEW, "--from", base, "--dir", "file/sub")
    assert found.code == 14
    assert "cannot write file/sub" in found.stderr
    assert not (tmp_path / "seen").exists()


def test_existing_file_is_never_overwritten(
    run: Run, base: str, tmp_path: Path, editor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", editor)
    (tmp_path / "chatty.patch").write_text("mine")
    for name in ("chatty", "chatty.patch"):
        found = run("patches", "new", name, "--release", "v3.3.2", "--from", base)
        assert found.code == 14
        assert "chatty.patch exists already" in found.stderr
        assert "--force" not in found.stderr
    assert (tmp_path / "chatty.patch").read_text() == "mine"
    assert not (tmp_path / "seen").exists()


@pytest.mark.parametrize("name", ["", "a/b", ".hidden", "../x", "a b", "a#b", "-x\n", ".patch"])
def test_names_that_a_series_cannot_hold(run: Run, base: str, tmp_path: Path, name: str) -> None:
    (tmp_path / "edited.py").write_bytes(CHATTY)
    arguments = ("--release", "v3.3.2", "--edited", "edited.py", "--from", base)
    found = run("patches", "new", *arguments, "--", name)
    assert found.code == 2
    assert "is no name for a patch" in found.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["edited.py"]


def test_whole_new_text_is_refused(run: Run, base: str, tmp_path: Path) -> None:
    (tmp_path / "edited.py").write_text("print()\n")
    found = run("--output", "json", *NEW, "--edited", "edited.py", "--from", base)
    assert found.code == 5
    assert found.document["error"]["kind"] == "patch-forbidden"
    assert not (tmp_path / "chatty.patch").exists()


@pytest.mark.parametrize("release", ["v9", "v2.1.1"])
def test_releases_that_cannot_be_edited(run: Run, clone: Path, release: str) -> None:
    found = run("patches", "new", "x", "--release", release, "--clone", str(clone))
    assert found.code == 4


class TestOnTopOfTheShippedSeries:
    """Without --pristine the editor shows the hook that the build will patch."""

    BELOW = ("patches", "new", "chatty", "--release", "3.3.2")

    def test_what_new_says_to_type_builds(
        self, run: Run, base: str, editor: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("EDITOR", editor)
        found = run(*self.BELOW, "--from", base).ok()
        (line,) = [text for text in found.stderr.splitlines() if "use it:" in text]
        words = line.partition("ksimage ")[2].split()
        built = run(*words, "--to", "oci:out").ok()
        assert "chatty (offset" not in built.stderr and "chatty" in built.stderr

    def test_a_line_that_a_shipped_patch_made(self, run: Run, base: str, tmp_path: Path) -> None:
        with derived.planned(base) as plan:
            after = plan.platforms[0].patched.after
        edited = after.replace(b"        ident='result',", b"        ident='result',  # mine", 1)
        assert edited != after
        (tmp_path / "edited.py").write_bytes(edited)
        found = run(*self.BELOW, "--edited", "edited.py", "--from", base, "--dir", "mine").ok()
        assert f"use it:  ksimage build v3.3.2 --patch-dir mine --from {base}" in found.stderr
        run("build", "v3.3.2", "--patch-dir", "mine", "--from", base, "--to", "oci:out").ok()
