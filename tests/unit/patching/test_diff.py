"""Diffs of two versions of the hook, and the patch files that are written."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support import requires
from tests.unit.patching.samples import HEAD, patch_bytes, text

from ksimage.errors import (
    PatchConflict,
    PatchForbidden,
    PatchMalformed,
    PatchWithoutEffect,
)
from ksimage.patching import dep3, diff, unified
from ksimage.patching.apply import apply_patch
from ksimage.upstream.releases import HOOK_PATH


def test_equal_texts_have_no_diff() -> None:
    assert diff.unified(b"a\n", b"a\n") == b""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\nb\nc\n", b"a\nB\nc\n"),
        (b"a\nb", b"a\nb\n"),
        (b"a\nb\n", b"a\nb"),
        (b"a\nb", b"a\nc"),
        (b"a\r\nb\r\n", b"a\r\nc\r\n"),
        (b"\xff\xfe\na\n", b"\xff\xfe\nb\n"),
        (b"1\n" * 20 + b"a\n" + b"2\n" * 20, b"0\n" + b"1\n" * 20 + b"b\n" + b"2\n" * 20),
    ],
)
def test_the_same_as_gnu_diff_and_applies(before: bytes, after: bytes, tmp_path: Path) -> None:
    made = diff.unified(before, after, context=1)
    assert apply_patch(before, unified.parse(made, "made")).data == after
    (tmp_path / "before").write_bytes(before)
    (tmp_path / "after").write_bytes(after)
    names = ["-L", f"a/{HOOK_PATH}", "-L", f"b/{HOOK_PATH}"]
    command = [requires.program("diff"), "-U1", "-a", *names, "before", "after"]
    assert made == subprocess.run(command, cwd=tmp_path, capture_output=True).stdout


TEN = text(*"abcdefghij")
HEADER = "Description: d\nAuthor: a\n---\n"
HUNK = "@@ -4,3 +4,3 @@\n d\n-e\n+E\n f\n"


def test_line_numbers_are_brought_up_to_date_and_the_header_kept() -> None:
    old = patch_bytes(HUNK, header=HEADER)
    result = diff.refresh(old, text("x", "y") + TEN, "s")
    assert result.changed
    assert result.applied.offset == 2
    assert result.data == patch_bytes(HUNK.replace("4,3", "6,3"), header=HEADER)
    again = diff.refresh(result.data, text("x", "y") + TEN, "s")
    assert not again.changed
    assert again.applied.offset == 0


def test_wide_context_becomes_one_line() -> None:
    old = patch_bytes("@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n", header=HEADER)
    assert diff.refresh(old, TEN, "s").data == patch_bytes(HUNK, header=HEADER)


@pytest.mark.parametrize(
    "tail", ["", "\n\n", "-- \n2.39.5\n\n", "@@ -8,9 +8,9 @@\n h\n-i\n+I\n j\n"]
)
def test_counts_of_a_patch_edited_by_hand_are_corrected(tail: str) -> None:
    """The advice of the error about wrong counts is to refresh, so that has to work."""
    old = patch_bytes("@@ -4,3 +4,3 @@\n d\n-e\n+E\n+E2\n f\n", tail, header=HEADER)
    with pytest.raises(PatchMalformed):
        unified.parse(old, "s")
    result = diff.refresh(old, TEN, "s")
    assert result.data.startswith(
        patch_bytes("@@ -4,3 +4,4 @@\n d\n-e\n+E\n+E2\n f\n", header=HEADER)
    )
    assert apply_patch(TEN, unified.parse(result.data, "s")).data == result.applied.data


def test_blank_context_lines_at_the_end_of_a_hunk_are_kept_when_a_hunk_follows() -> None:
    base = text("a", "b", "", "c", "d")
    old = HEAD + b"@@ -1,9 +1,9 @@\n a\n-b\n+B\n\n@@ -4,2 +4,2 @@\n c\n-d\n+D\n"
    assert diff.refresh(old, base, "s").applied.data == text("a", "B", "", "c", "D")


def test_a_conflict_stays_one() -> None:
    with pytest.raises(PatchConflict):
        diff.refresh(patch_bytes(HUNK), TEN.replace(b"e", b"z"), "s")


def test_garbage_in_a_hunk_is_refused_when_counting_too() -> None:
    with pytest.raises(PatchMalformed):
        diff.refresh(patch_bytes(HUNK, "oops\n"), TEN, "s")


def test_compose_and_template() -> None:
    header = diff.header_template(
        author="A <a@example.com>", date="2026-11-22", releases=">=3.3.2 <=3.4.1"
    )
    data = diff.compose(TEN, TEN.replace(b"e", b"E"), header, name="mine")
    patch = unified.parse(data, "mine")
    assert apply_patch(TEN, patch).data == TEN.replace(b"e", b"E")
    assert dep3.parse(patch.header, "mine", path="mine").releases == ">=3.3.2 <=3.4.1"


def test_compose_refuses_no_change_and_a_whole_new_text() -> None:
    with pytest.raises(PatchWithoutEffect):
        diff.compose(TEN, TEN, HEADER, name="mine")
    with pytest.raises(PatchForbidden):
        diff.compose(b"a\n", b"b\n", HEADER, name="mine")


LINES = st.lists(st.sampled_from([b"a", b"b", b"", b"  )", b"- ", b"@@ -1 +1 @@"]), max_size=12)


@settings(max_examples=300, deadline=None, database=None)
@given(LINES, LINES, st.booleans(), st.booleans())
def test_what_is_composed_applies(
    one: list[bytes], two: list[bytes], first_complete: bool, second_complete: bool
) -> None:
    before = b"\n".join(one) + (b"\n" if first_complete and one else b"")
    after = b"\n".join(two) + (b"\n" if second_complete and two else b"")
    try:
        data = diff.compose(before, after, "Description: d\nAuthor: a", name="made")
    except (PatchWithoutEffect, PatchForbidden):
        return
    assert apply_patch(before, unified.parse(data, "made")).data == after
    assert diff.refresh(data, before, "made").applied.data == after
