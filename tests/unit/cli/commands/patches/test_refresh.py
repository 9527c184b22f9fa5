"""``ksimage patches refresh``: a patch file made to fit a release again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Run
from tests.unit.cli.own_patches import CHATTY, HOOK, patch

from ksimage import resources
from ksimage.patching import unified
from ksimage.patching.apply import apply_patch

FITS = patch("chatty")
MOVED = re.sub(
    rb"@@ -(\d+),3 \+\1,3 @@", lambda at: b"@@ -%d,3 +%d,3 @@" % (2 * (int(at[1]) - 7,)), FITS
)
RELEASE = ("--release", "v3.3.2", "--pristine")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    assert MOVED != FITS
    path = tmp_path / "chatty.patch"
    path.write_bytes(MOVED)
    return path


def test_lines_are_brought_up_to_date(run: Run, clone: Path, file: Path) -> None:
    file.chmod(0o640)
    found = run("patches", "refresh", "chatty.patch", *RELEASE, "--clone", str(clone)).ok()
    assert found.stdout == "chatty.patch\n"
    assert "it was off by +7 lines" in found.stderr
    assert file.read_bytes() == FITS
    assert file.stat().st_mode & 0o777 == 0o640
    assert [entry.name for entry in file.parent.iterdir()] == ["chatty.patch"]


def test_counts_after_an_edit_by_hand(run: Run, clone: Path, file: Path) -> None:
    edited = FITS.replace(
        b"+logging.basicConfig(level=logging.DEBUG",
        b"+# why\n+logging.basicConfig(level=logging.DEBUG",
    )
    file.write_bytes(edited)
    found = run("patches", "refresh", "chatty.patch", *RELEASE, "--clone", str(clone)).ok()
    assert "its lines were where it said" in found.stderr
    result = apply_patch(HOOK, unified.parse(file.read_bytes(), "chatty"))
    assert result.data == CHATTY.replace(b"logging.basicConfig", b"# why\nlogging.basicConfig")


def test_what_fits_is_left_alone(run: Run, clone: Path, file: Path) -> None:
    file.write_bytes(FITS)
    before = file.stat()
    found = run(
        "--output", "json", "patches", "refresh", str(file), *RELEASE, "--clone", str(clone)
    ).ok()
    assert found.document == {"schema": "ksimage/v1", "file": str(file), "changed": False}
    after = file.stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_header_stays_as_it_is(run: Run, clone: Path, file: Path) -> None:
    header = (
        "From: Ä <a@b.example>\nSubject: [PATCH] chatty\n\nProse,  with  blanks \n"
        "X-Ksimage-Risk: none\n---\n"
    ).encode()
    _, _, diff = MOVED.partition(b"---\n")
    file.write_bytes(header + diff)
    run("patches", "refresh", "chatty.patch", *RELEASE, "--clone", str(clone)).ok()
    assert file.read_bytes() == header + FITS.partition(b"---\n")[2]


def test_stdout_leaves_the_file(run: Run, clone: Path, file: Path) -> None:
    found = run(
        "patches", "refresh", "chatty.patch", *RELEASE, "--clone", str(clone), "--stdout"
    ).ok()
    assert found.stdout.encode() == FITS
    assert file.read_bytes() == MOVED


def test_from_an_image(run: Run, base: str, file: Path) -> None:
    run("patches", "refresh", "chatty.patch", *RELEASE, "--from", base).ok()
    assert file.read_bytes() == FITS


def test_what_no_longer_applies_is_refused(run: Run, clone: Path, file: Path) -> None:
    stale = MOVED.replace(b"-logging.basicConfig(", b"-logging.somethingElse(")
    file.write_bytes(stale)
    found = run(
        "--output", "json", "patches", "refresh", str(file), *RELEASE, "--clone", str(clone)
    )
    assert found.code == 5
    assert found.document["error"]["kind"] == "patch-conflict"
    assert "the hook of v3.3.2" in found.stderr
    assert file.read_bytes() == stale


def test_already_applied(run: Run, tmp_path: Path, clone: Path) -> None:
    (tmp_path / "undo.patch").write_bytes(patch("undo", before=CHATTY, after=HOOK))
    found = run("patches", "refresh", "undo.patch", *RELEASE, "--clone", str(clone))
    assert found.code == 5


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("missing.patch", *RELEASE), 14, "cannot read missing.patch"),
        (("chatty.patch", "--release", "v9"), 4, "unknown release 'v9'"),
        (("chatty.patch", "--release", "v2.1.1"), 4, "not supported"),
        (("chatty.patch", "--release", "v3.2.1"), 4, "gives no hook of v3.2.1"),
        (("chatty.patch",), 2, "--release"),
        ((".", *RELEASE), 14, "cannot read"),
    ],
)
def test_errors(
    run: Run, clone: Path, file: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    found = run("patches", "refresh", *arguments, "--clone", str(clone))
    assert (found.code, words in found.stderr) == (code, True), found.stderr
    assert file.read_bytes() == MOVED


def test_garbage_is_no_patch(run: Run, clone: Path, file: Path) -> None:
    file.write_bytes(b"\x00\xff garbage")
    assert run("patches", "refresh", str(file), *RELEASE, "--clone", str(clone)).code == 5
    assert file.read_bytes() == b"\x00\xff garbage"


class TestOnTopOfTheShippedSeries:
    """What a build meets is what the patch is made to fit."""

    def test_it_applies_without_offset(self, run: Run, base: str, file: Path) -> None:
        hooks = ("--release", "v3.3.2", "--from", base)
        run("patches", "refresh", "chatty.patch", *hooks).ok()
        built = run("build", "v3.3.2", "--from", base, "--patch", "chatty.patch", "--to", "oci:out")
        assert "chatty (offset" not in built.ok().stderr
        assert file.read_bytes() != FITS
        again = run("--output", "json", "patches", "refresh", "chatty.patch", *hooks).ok()
        assert again.document["changed"] is False

    def test_below_it_are_those_before_it_in_its_series(
        self, run: Run, base: str, tmp_path: Path
    ) -> None:
        once = HOOK.replace(b"import json", b"import json  # 1")
        twice = once.replace(b"import json  # 1", b"import json  # 2")
        mine = tmp_path / "mine"
        mine.mkdir()
        (mine / "first.patch").write_bytes(patch("first", after=once))
        (mine / "second.patch").write_bytes(patch("second", before=once, after=twice))
        (mine / "series").write_text("first.patch\nsecond.patch\n")
        for name in ("second", "first"):
            run(
                "patches", "refresh", f"mine/{name}.patch", "--release", "v3.3.2", "--from", base
            ).ok()
        checked = run(
            "patches", "check", "--release", "v3.3.2", "--from", base, "--patch-dir", "mine"
        )
        assert checked.code == 0, checked.stderr
        run("build", "v3.3.2", "--from", base, "--patch-dir", "mine", "--to", "oci:out").ok()


class TestShippedFiles:
    """They are never written: each later build would be another one."""

    def test_refused_however_it_is_named(
        self, run: Run, clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shipped = resources.path("patches") / "unquiet.patch"
        before = shipped.read_bytes()
        (tmp_path / "link.patch").symlink_to(shipped)
        (tmp_path / "folder").symlink_to(shipped.parent)
        for name in (str(shipped), "link.patch", "folder/unquiet.patch"):
            found = run("patches", "refresh", name, *RELEASE, "--clone", str(clone))
            assert found.code == 5
            assert "is one of ksimage's own patches" in found.stderr
        assert shipped.read_bytes() == before
        run("patches", "refresh", str(shipped), *RELEASE, "--clone", str(clone), "--stdout").ok()

    def test_the_advice_is_accepted(self, run: Run, base: str, tmp_path: Path) -> None:
        shown = run("patches", "show", "unquiet").ok().stdout
        (tmp_path / "unquiet-own.patch").write_text(shown)
        own = ("--without", "unquiet", "--patch", "unquiet-own.patch")
        run("build", "v3.3.2", "--from", base, *own, "--to", "oci:out").ok()
