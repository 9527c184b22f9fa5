from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.patching.samples import HEAD, patch_bytes, text

from ksimage.errors import (
    PatchConflict,
    PatchForbidden,
    PatchMalformed,
    PatchWithoutEffect,
)
from ksimage.patching import dep3, refresh, unified
from ksimage.patching.apply import apply_patch

TEN = text(*"abcdefghij")
HEADER = "Description: d\nAuthor: a\n---\n"
HUNK = "@@ -4,3 +4,3 @@\n d\n-e\n+E\n f\n"


def test_line_numbers_are_brought_up_to_date_and_the_header_kept() -> None:
    old = patch_bytes(HUNK, header=HEADER)
    result = refresh.refresh(old, text("x", "y") + TEN, "s")
    assert result.changed
    assert result.applied.offset == 2
    assert result.data == patch_bytes(HUNK.replace("4,3", "6,3"), header=HEADER)
    again = refresh.refresh(result.data, text("x", "y") + TEN, "s")
    assert not again.changed
    assert again.applied.offset == 0


def test_wide_context_becomes_one_line() -> None:
    old = patch_bytes("@@ -2,7 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n h\n", header=HEADER)
    assert refresh.refresh(old, TEN, "s").data == patch_bytes(HUNK, header=HEADER)


@pytest.mark.parametrize(
    "tail", ["", "\n\n", "-- \n2.39.5\n\n", "@@ -8,9 +8,9 @@\n h\n-i\n+I\n j\n"]
)
def test_counts_of_a_patch_edited_by_hand_are_corrected(tail: str) -> None:
    """The advice of the error about wrong counts is to refresh, so that has to work."""
    old = patch_bytes("@@ -4,3 +4,3 @@\n d\n-e\n+E\n+E2\n f\n", tail, header=HEADER)
    with pytest.raises(PatchMalformed):
        unified.parse(old, "s")
    result = refresh.refresh(old, TEN, "s")
    assert result.data.startswith(
        patch_bytes("@@ -4,3 +4,4 @@\n d\n-e\n+E\n+E2\n f\n", header=HEADER)
    )
    assert apply_patch(TEN, unified.parse(result.data, "s")).data == result.applied.data


def test_blank_context_lines_at_the_end_of_a_hunk_are_kept_when_a_hunk_follows() -> None:
    base = text("a", "b", "", "c", "d")
    old = HEAD + b"@@ -1,9 +1,9 @@\n a\n-b\n+B\n\n@@ -4,2 +4,2 @@\n c\n-d\n+D\n"
    assert refresh.refresh(old, base, "s").applied.data == text("a", "B", "", "c", "D")


def test_a_conflict_stays_one() -> None:
    with pytest.raises(PatchConflict):
        refresh.refresh(patch_bytes(HUNK), TEN.replace(b"e", b"z"), "s")


def test_garbage_in_a_hunk_is_refused_when_counting_too() -> None:
    with pytest.raises(PatchMalformed):
        refresh.refresh(patch_bytes(HUNK, "oops\n"), TEN, "s")


def test_compose_and_template() -> None:
    header = refresh.header_template(
        author="A <a@example.com>", date="2026-11-22", releases=">=3.3.2 <=3.4.1"
    )
    data = refresh.compose(TEN, TEN.replace(b"e", b"E"), header, name="mine")
    patch = unified.parse(data, "mine")
    assert apply_patch(TEN, patch).data == TEN.replace(b"e", b"E")
    assert dep3.parse(patch.header, "mine", path="mine").releases == ">=3.3.2 <=3.4.1"


def test_compose_refuses_no_change_and_a_whole_new_text() -> None:
    with pytest.raises(PatchWithoutEffect):
        refresh.compose(TEN, TEN, HEADER, name="mine")
    with pytest.raises(PatchForbidden):
        refresh.compose(b"a\n", b"b\n", HEADER, name="mine")


LINES = st.lists(st.sampled_from([b"a", b"b", b"", b"  )", b"- ", b"@@ -1 +1 @@"]), max_size=12)


@settings(max_examples=300, deadline=None, database=None)
@given(LINES, LINES, st.booleans(), st.booleans())
def test_what_is_composed_applies(
    one: list[bytes], two: list[bytes], first_complete: bool, second_complete: bool
) -> None:
    before = b"\n".join(one) + (b"\n" if first_complete and one else b"")
    after = b"\n".join(two) + (b"\n" if second_complete and two else b"")
    try:
        data = refresh.compose(before, after, "Description: d\nAuthor: a", name="made")
    except (PatchWithoutEffect, PatchForbidden):
        return
    assert apply_patch(before, unified.parse(data, "made")).data == after
    assert refresh.refresh(data, before, "made").applied.data == after
