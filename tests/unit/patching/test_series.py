from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.patching.samples import patch_bytes

from ksimage.errors import (
    FileError,
    PatchError,
    PatchExcluded,
    PatchForbidden,
    PatchMalformed,
    PatchNameTaken,
    SeriesEntryMissing,
    SeriesMalformed,
    SeriesMissing,
    SeriesStrayPatch,
    UnknownPatch,
    WithAndWithout,
)
from ksimage.patching import series
from ksimage.upstream import releases

HUNK = "@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"


def write(directory: Path, name: str, extra: str = "") -> Path:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(patch_bytes(HUNK, header=f"Description: {name}\nAuthor: a\n{extra}---\n"))
    return path


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Defaults ``one`` and ``late`` (3.1 and later), optional ``three``."""
    folder = tmp_path / "patches"
    write(folder, "one.patch")
    write(folder, "late.patch", "X-Ksimage-Releases: >=3.1\n")
    write(folder, "three.patch", "X-Ksimage-Releases: >=3.2\n")
    (folder / "series").write_text("# order\none.patch\n\nlate.patch -p1 # since 3.1\n")
    (folder / "series.optional").write_text("three.patch\n")
    return folder


def test_load(directory: Path) -> None:
    loaded = series.load(directory)
    assert [(p.name, p.default) for p in loaded] == [
        ("one", True),
        ("late", True),
        ("three", False),
    ]
    assert loaded.find("one.patch").header.summary == "one.patch"
    assert loaded.find("one").sha256 == loaded.find("one").patch.sha256
    assert loaded.find("one").patch.path == str(directory / "one.patch")


def test_patches_in_folders_keep_them_in_their_names(directory: Path) -> None:
    write(directory, "site/four.diff")
    with (directory / "series").open("a") as file:
        file.write("site/four.diff\n")
    assert series.load(directory).names == ("one", "late", "site/four", "three")


def test_strip_option(directory: Path) -> None:
    path = write(directory, "one.patch")
    path.write_bytes(path.read_bytes().replace(b" a/", b" x/a/").replace(b" b/", b" x/b/"))
    with pytest.raises(PatchForbidden):
        series.load(directory)
    (directory / "series").write_text("one.patch -p2\nlate.patch\n")
    assert series.load(directory).names[0] == "one"


def test_quilt_state_is_no_stray(directory: Path) -> None:
    write(directory, ".pc/old.patch")
    (directory / "one.patch.orig").write_text("")
    assert series.load(directory) is not None


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("one.patch -R\n", "in reverse (-R)", 1),
        ("\n# c\none.patch --fuzz=3\n", "unknown option '--fuzz=3'", 3),
        ("one.patch -p9\n", "unknown option '-p9'", 1),
        ("/etc/one.patch\n", "no file below", 1),
        ("../one.patch\n", "no file below", 1),
        ("a//one.patch\n", "no file below", 1),
        ("one.patch\nREADME\n", "does not end in", 2),
        ("one.patch\n\xff\n", "not UTF-8", 2),
        ("one.patch\n" * 501, "more than 500", 501),
        ("#" * 70000, "more than 65536 bytes", None),
    ],
)
def test_malformed_series(directory: Path, text: str, reason: str, line: int | None) -> None:
    (directory / "series").write_bytes(text.encode("latin-1"))
    with pytest.raises(SeriesMalformed) as caught:
        series.load(directory)
    assert reason in caught.value.message
    assert caught.value.line == line
    assert caught.value.path == str(directory / "series")


def test_missing_entry(directory: Path) -> None:
    (directory / "late.patch").unlink()
    with pytest.raises(SeriesEntryMissing) as caught:
        series.load(directory)
    assert (caught.value.path, caught.value.line) == (str(directory / "series"), 4)


def test_stray_patch(directory: Path) -> None:
    write(directory, "sub/forgotten.patch")
    with pytest.raises(SeriesStrayPatch) as caught:
        series.load(directory)
    assert "sub/forgotten.patch" in caught.value.message


@pytest.mark.parametrize("name", ["series", "series.optional"])
def test_listed_twice(directory: Path, name: str) -> None:
    with (directory / name).open("a") as file:
        file.write("one.patch\n")
    with pytest.raises(PatchNameTaken) as caught:
        series.load(directory)
    assert caught.value.path == str(directory / name)


@pytest.mark.parametrize("missing", [".", "nowhere"])
def test_no_series(tmp_path: Path, missing: str) -> None:
    with pytest.raises(SeriesMissing):
        series.load(tmp_path / missing)


def test_unusable_patch_file(directory: Path) -> None:
    (directory / "late.patch").write_text("Description: d\nAuthor: a\n---\nnothing\n")
    with pytest.raises(PatchMalformed):
        series.load(directory)


def test_headers_are_required_in_a_series_only(directory: Path) -> None:
    bare = directory / "one.patch"
    bare.write_bytes(patch_bytes(HUNK))
    with pytest.raises(PatchMalformed, match="no Description"):
        series.load(directory)
    assert series.load_file(bare).name == "one"


def test_files_that_cannot_be_read(directory: Path, tmp_path: Path) -> None:
    with pytest.raises(FileError):
        series.load_file(tmp_path / "nowhere.patch")
    with pytest.raises(FileError):
        series.load_file(tmp_path)


def test_select_defaults_in_order(directory: Path) -> None:
    chosen = series.select(series.load(directory))
    assert [p.name for p in chosen.patches] == ["one", "late"]
    assert [p.name for p in chosen.texts] == ["one", "late"]
    assert chosen.skipped == ()


def test_select_with_and_without(directory: Path) -> None:
    loaded = series.load(directory)
    chosen = series.select(loaded, with_=["three.patch", "late"], without=["one"])
    assert [p.name for p in chosen.patches] == ["late", "three"]


def test_a_default_patch_for_other_releases_is_skipped_and_reported(directory: Path) -> None:
    chosen = series.select(series.load(directory), release=releases.find("v3.0.0"))
    assert [p.name for p in chosen.patches] == ["one"]
    (skipped,) = chosen.skipped
    assert skipped.patch.name == "late"
    assert skipped.reason == "not for v3.0.0: it is for >=3.1"


@pytest.mark.parametrize("name", ["late", "three"])
def test_one_that_was_asked_for_is_refused_instead(directory: Path, name: str) -> None:
    with pytest.raises(PatchExcluded) as caught:
        series.select(series.load(directory), with_=[name], release=releases.find("v3.0.0"))
    assert caught.value.path == str(directory / f"{name}.patch")


def test_unknown_names(directory: Path) -> None:
    wrong: list[dict[str, Any]] = [{"with_": ["tree"]}, {"without": ["tree"]}]
    for arguments in wrong:
        with pytest.raises(UnknownPatch) as caught:
            series.select(series.load(directory), **arguments)
        assert "did you mean: three" in caught.value.advice


def test_with_and_without_the_same(directory: Path) -> None:
    with pytest.raises(WithAndWithout):
        series.select(series.load(directory), with_=["three"], without=["three.patch"])


def test_extra_files_come_last(directory: Path, tmp_path: Path) -> None:
    extra = write(tmp_path, "mine.patch")
    extra.write_bytes(patch_bytes(HUNK))  # no header
    chosen = series.select(series.load(directory), with_=["three"], extra_files=[extra])
    assert [p.name for p in chosen.patches] == ["one", "late", "three", "mine"]


def test_extra_file_with_a_taken_name(directory: Path, tmp_path: Path) -> None:
    for name in ("one", "three"):
        with pytest.raises(PatchNameTaken):
            series.select(series.load(directory), extra_files=[write(tmp_path, f"{name}.patch")])
    mine = write(tmp_path, "mine.patch")
    with pytest.raises(PatchNameTaken):
        series.select(series.load(directory), extra_files=[mine, mine])


def test_extra_file_for_other_releases(directory: Path, tmp_path: Path) -> None:
    extra = write(tmp_path, "mine.patch", "X-Ksimage-Releases: <3.2\n")
    with pytest.raises(PatchExcluded):
        series.select(series.load(directory), extra_files=[extra], release=releases.find("v3.3.2"))


def test_combine_own_series(directory: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    write(own, "mine.patch")
    write(own, "rare.patch")
    (own / "series").write_text("mine.patch\n")
    (own / "series.optional").write_text("rare.patch\n")
    both = series.combine(series.load(directory), series.load(own))
    assert both.names == ("one", "late", "mine", "three", "rare")
    write(own, "one.patch")
    (own / "series").write_text("mine.patch\none.patch\n")
    with pytest.raises(PatchNameTaken) as caught:
        series.combine(series.load(directory), series.load(own))
    assert isinstance(caught.value, PatchError)
