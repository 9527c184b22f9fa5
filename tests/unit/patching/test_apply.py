"""The applier, including the cases on which other patch engines fail."""

from __future__ import annotations

import hashlib
import itertools
import random
import re
import time

import pytest
from tests.unit.patching.samples import HEAD, patch, patch_bytes, text

from ksimage.errors import (
    PatchAlreadyApplied,
    PatchAmbiguous,
    PatchConflict,
    PatchesFailed,
    PatchForbidden,
    PatchLineEndings,
    PatchMalformed,
    PatchWithoutEffect,
)
from ksimage.patching import unified
from ksimage.patching.apply import apply_patch, apply_series

TEN = text(*"abcdefghij")
REPLACE_E = "@@ -4,3 +4,3 @@\n d\n-e\n+E\n f\n"
NO_NEWLINE = "\\ No newline at end of file\n"


def test_exact() -> None:
    applied = apply_patch(TEN, patch(REPLACE_E))
    assert applied.data == TEN.replace(b"e", b"E")
    assert applied.hunks == ((4, 0),)
    assert applied.offset == 0
    assert applied.sha256 == hashlib.sha256(applied.data).hexdigest()


def test_several_hunks_and_lengths() -> None:
    two = patch("@@ -1,2 +1,4 @@\n a\n+1\n+2\n b\n", "@@ -5,4 +7,2 @@\n e\n-f\n-g\n h\n")
    assert apply_patch(TEN, two).data == text(*"a12bcdehij")


# --- the table "patch engines differ exactly where it hurts" -------------------------------------


def test_shifted_file_is_patched_at_the_right_place_and_the_offset_reported() -> None:
    """patch-ng with fuzz overwrites the wrong line here."""
    applied = apply_patch(text("x", "y") + TEN, patch(REPLACE_E))
    assert applied.data == text("x", "y") + TEN.replace(b"e", b"E")
    assert (applied.hunks[0].line, applied.offset) == (6, 2)


def test_negative_offset() -> None:
    applied = apply_patch(text(*"cdefghij"), patch(REPLACE_E))
    assert applied.offset == -2


@pytest.mark.parametrize("line", [b"d", b"f"])
def test_other_context_is_a_conflict_not_fuzz(line: bytes) -> None:
    """GNU patch applies this by default with 'fuzz 1'."""
    with pytest.raises(PatchConflict):
        apply_patch(TEN.replace(line, b"other"), patch(REPLACE_E))


def test_other_removed_line_shows_expected_and_actual_with_numbers() -> None:
    base = text("new") + TEN.replace(b"e", b"something else")
    with pytest.raises(PatchConflict) as caught:
        apply_patch(base, patch(REPLACE_E, name="sample"), target="v3.3.2's hook")
    error = caught.value
    assert (error.path, error.line) == ("sample.patch", 3)
    assert ", hunk 1 does not apply" in error.message
    assert "v3.3.2's hook" in error.message
    assert error.why.splitlines() == [
        "the hunk expects:", "  4 | d", "> 5 | e", "  6 | f",
        "the hook has, at the most similar place:", "  5 | d", "> 6 | something else", "  7 | f",
    ]  # fmt: skip
    assert error.exit_code == 5


def test_already_applied_is_recognised() -> None:
    """patch-ng returns success here; git apply says only that it does not apply."""
    once = apply_patch(TEN, patch(REPLACE_E)).data
    with pytest.raises(PatchAlreadyApplied):
        apply_patch(once, patch(REPLACE_E))
    with pytest.raises(PatchAlreadyApplied):
        apply_patch(text("x") + once, patch(REPLACE_E))  # at an offset


def test_already_applied_although_another_place_fits() -> None:
    """The first of two equal blocks is patched. GNU patch patches the second one next time."""
    base = TEN + text("1", "2", "3") + TEN
    once = apply_patch(base, patch(REPLACE_E)).data
    assert once == base.replace(b"e", b"E", 1)
    with pytest.raises(PatchAlreadyApplied):
        apply_patch(once, patch(REPLACE_E))


def test_partly_applied_is_a_conflict_that_says_so() -> None:
    both = patch(REPLACE_E, "@@ -8,3 +8,3 @@\n h\n-i\n+I\n j\n")
    with pytest.raises(PatchConflict) as caught:
        apply_patch(TEN.replace(b"i", b"I"), both)
    assert ", hunk 2 does not apply" in caught.value.message
    assert "applied already" in caught.value.why


def test_two_files_never_apply_by_halves() -> None:
    """Elsewhere the first file stays modified when the second one fails; here there is only one."""
    with pytest.raises(PatchForbidden):
        unified.parse(patch_bytes(REPLACE_E) + HEAD + REPLACE_E.encode(), "sample")


def test_series_is_atomic() -> None:
    good, bad = patch(REPLACE_E), patch("@@ -1,2 +1,2 @@\n a\n-x\n+y\n", name="bad")
    with pytest.raises(PatchConflict) as caught:
        apply_series(TEN, [good, bad])
    assert caught.value.path == "bad.patch"


def test_no_newline_at_end_of_file() -> None:
    """patch-ng writes a newline that the patch does not have."""
    remove = patch(f"@@ -1,2 +1,2 @@\n a\n-b\n+b\n{NO_NEWLINE}")
    assert apply_patch(b"a\nb\n", remove).data == b"a\nb"
    add = patch(f"@@ -1,2 +1,2 @@\n a\n-b\n{NO_NEWLINE}+b\n")
    assert apply_patch(b"a\nb", add).data == b"a\nb\n"
    keep = patch(f"@@ -1,2 +1,2 @@\n-a\n+A\n b\n{NO_NEWLINE}")
    assert apply_patch(b"a\nb", keep).data == b"A\nb"


def test_appending_to_a_file_without_final_newline_is_a_conflict() -> None:
    """patch-ng glues the lines together."""
    append = patch("@@ -1 +1,2 @@\n a\n+b\n")
    assert apply_patch(b"a\n", append).data == b"a\nb\n"
    with pytest.raises(PatchConflict) as caught:
        apply_patch(b"a", append)
    assert "newline at the end of the file only" in caught.value.why
    assert "no newline at end of file" in caught.value.why


def test_crlf_hook_with_lf_patch() -> None:
    """patch-ng adapts silently."""
    with pytest.raises(PatchLineEndings, match="does not apply") as caught:
        apply_patch(TEN.replace(b"\n", b"\r\n"), patch(REPLACE_E))
    assert "hook has CRLF" in caught.value.why


def test_lines_that_end_alike_are_no_matter_of_line_endings() -> None:
    """The second hunk is done at its own line, and fits at one other; all of it in CRLF."""
    two = patch_bytes("@@ -1 +1,2 @@\n+y\n x\n", "@@ -2,3 +3,3 @@\n a\n-b\n+B\n c\n")
    converted = unified.parse(two.replace(b"\n", b"\r\n"), "s")
    with pytest.raises(PatchConflict, match="does not apply") as caught:
        apply_patch(text(*"xaBcxabc").replace(b"\n", b"\r\n"), converted)
    assert not isinstance(caught.value, PatchLineEndings)
    assert "at line 2, where it belongs, it is done already" in caught.value.why


def test_lf_hook_with_crlf_patch_says_how_to_convert_it() -> None:
    """GNU patch strips the CRs; here bytes are bytes, but the remedy is one command away."""
    converted = unified.parse(patch_bytes(REPLACE_E).replace(b"\n", b"\r\n"), "s", path="p/s.patch")
    with pytest.raises(PatchLineEndings) as caught:
        apply_patch(TEN, converted)
    assert "the patch file has CRLF" in caught.value.why
    assert caught.value.advice == ("sed -i 's/\\r$//' p/s.patch",)


def test_crlf_hook_with_a_patch_made_for_it() -> None:
    base = TEN.replace(b"\n", b"\r\n")
    made = unified.parse(HEAD + b"@@ -4,3 +4,3 @@\n d\r\n-e\r\n+E\r\n f\r\n", "s")
    assert apply_patch(base, made).data == base.replace(b"e", b"E")
    with pytest.raises(PatchLineEndings):
        apply_patch(TEN, made)


def test_a_lone_cr_does_not_end_a_line() -> None:
    base = b"a\rb\nc\nd\n"
    assert apply_patch(base, patch("@@ -2,2 +2,2 @@\n-c\n+C\n d\n")).data == b"a\rb\nC\nd\n"


# --- where a hunk may go --------------------------------------------------------------------------


def test_stated_place_is_never_ambiguous() -> None:
    base = TEN + TEN
    assert apply_patch(base, patch(REPLACE_E)).data == base.replace(b"e", b"E", 1)


def test_several_other_places_are_ambiguous_even_at_different_distances() -> None:
    """GNU patch and git take the nearest."""
    base = text("x", "y") + TEN + TEN
    with pytest.raises(PatchAmbiguous) as caught:
        apply_patch(base, patch(REPLACE_E))
    assert "lines 6, 16" in caught.value.why
    assert (caught.value.path, caught.value.line) == ("sample.patch", 3)


def test_a_place_that_says_two_things_is_ambiguous() -> None:
    """Without context after it, it belongs at the end; but at its line it fits as well.

    GNU patch believes the line.
    """
    lone = "@@ -2 +2,3 @@\n+x\n a\n+y\n"
    with pytest.raises(PatchAmbiguous) as caught:
        apply_patch(text(*"baa"), patch(lone))
    assert "it fits at lines 2, 3: one it states" in caught.value.why
    assert apply_patch(text(*"ba"), patch(lone)).data == text(*"bxay")
    assert apply_patch(text(*"bca"), patch(lone)).data == text(*"bcxay")


def test_many_places_are_listed_shortly() -> None:
    with pytest.raises(PatchAmbiguous) as caught:
        apply_patch(text("x") + TEN * 9, patch(REPLACE_E))
    assert "lines 5, 15, 25, ..." in caught.value.why


def test_later_hunks_are_expected_at_the_offset_of_the_hunk_before() -> None:
    """The second block stands twice; the shift of the first hunk tells which one is meant."""
    block = text("k", "l", "m")
    base = text("x") + TEN + block + text("y") + block
    two = patch(REPLACE_E, "@@ -11,3 +11,3 @@\n k\n-l\n+L\n m\n")
    applied = apply_patch(base, two)
    assert applied.data == text("x") + TEN.replace(b"e", b"E") + text(*"kLmyklm")
    assert [hunk.offset for hunk in applied.hunks] == [1, 1]


def test_hunks_keep_their_order() -> None:
    """The only fitting place of the second hunk is before the first one."""
    two = patch("@@ -6,3 +6,3 @@\n f\n-g\n+G\n h\n", "@@ -9,3 +9,3 @@\n b\n-c\n+C\n d\n")
    with pytest.raises(PatchConflict) as caught:
        apply_patch(TEN, two)
    assert ", hunk 2 does not apply" in caught.value.message


def test_hunks_do_not_share_context() -> None:
    """As in git; GNU patch lets the context of neighbours overlap."""
    two = patch("@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n", "@@ -4,3 +4,3 @@\n c\n-d\n+D\n e\n")
    with pytest.raises(PatchConflict):
        apply_patch(TEN, two)


def test_less_context_at_the_end_means_the_end() -> None:
    last = patch("@@ -9,2 +9,2 @@\n i\n-j\n+J\n")
    assert apply_patch(TEN, last).data == text(*"abcdefghiJ")
    assert apply_patch(text("x") + TEN, last).offset == 1
    with pytest.raises(PatchConflict) as caught:
        apply_patch(TEN + text("k"), last)
    assert "belongs at the end" in caught.value.why


def test_less_context_at_the_start_of_line_1_means_the_start() -> None:
    first = patch("@@ -1,2 +1,2 @@\n-a\n+A\n b\n")
    assert apply_patch(TEN, first).data == text(*"Abcdefghij")
    with pytest.raises(PatchConflict):
        apply_patch(text("x") + TEN, first)


def test_stated_far_beyond_the_end() -> None:
    applied = apply_patch(TEN, patch(REPLACE_E.replace("-4,3", "-9000000,3")))
    assert applied.hunks[0].line == 4


def test_empty_text() -> None:
    with pytest.raises(PatchConflict) as caught:
        apply_patch(b"", patch(REPLACE_E))
    assert "the hook is empty" in caught.value.why


# --- results --------------------------------------------------------------------------------------


def test_series_result() -> None:
    first, second = patch(REPLACE_E, name="one"), patch("@@ -1,2 +1,3 @@\n a\n+x\n b\n", name="two")
    result = apply_series(TEN, [first, second])
    assert result.before == TEN
    assert result.after == text(*"axbcdEfghij")
    assert result.before_sha256 == hashlib.sha256(TEN).hexdigest()
    assert result.after_sha256 == hashlib.sha256(result.after).hexdigest()
    assert [applied.patch.name for applied in result.patches] == ["one", "two"]
    assert result.patches[0].data == TEN.replace(b"e", b"E")


def test_offsets_in_a_series_do_not_count_what_earlier_patches_added() -> None:
    """All made from TEN, so none of them has an offset on it, in whatever order."""
    patches = {
        "top": patch("@@ -1,2 +1,4 @@\n a\n+x\n+y\n b\n", name="top"),
        "both": patch("@@ -3,2 +3,1 @@\n-c\n d\n", "@@ -8,2 +7,3 @@\n h\n+z\n i\n", name="both"),
        "middle": patch("@@ -5,3 +5,3 @@\n e\n-f\n+F\n g\n", name="middle"),
        "end": patch("@@ -9,2 +9,2 @@\n i\n-j\n+J\n", name="end"),
    }
    for order in itertools.permutations(patches):
        result = apply_series(TEN, [patches[name] for name in order])
        assert result.after == text(*"axybdeFghziJ")
        assert [applied.offset for applied in result.patches] == [0, 0, 0, 0]
        moved = apply_series(text(*"12345") + TEN, [patches[name] for name in order])
        assert {hunk.offset for applied in moved.patches for hunk in applied.hunks} == {5}


def test_a_patch_made_on_top_of_another_has_no_offset_either() -> None:
    first = patch("@@ -1,2 +1,4 @@\n a\n+x\n+y\n b\n")
    second = patch(REPLACE_E.replace("-4,3 +4,3", "-6,3 +6,3"), name="second")
    assert apply_series(TEN, [first, second]).patches[1].offset == 0


@pytest.mark.parametrize("count", [0, 2])
def test_a_series_without_effect_is_refused(count: int) -> None:
    undo = patch(REPLACE_E.replace("-e", "-x").replace("+E", "+e").replace("-x", "-E"))
    with pytest.raises(PatchWithoutEffect):
        apply_series(TEN, [patch(REPLACE_E), undo][:count])


def test_a_patch_whose_hunks_cancel_out_is_refused() -> None:
    base = text(*"axbxc")
    same = patch("@@ -1,3 +1,2 @@\n a\n-x\n b\n", "@@ -4,2 +3,3 @@\n x\n+x\n c\n")
    assert apply_patch(base, same).data == text(*"abxxc")
    moved = patch("@@ -1,2 +1,3 @@\n a\n+x\n x\n", "@@ -3,2 +4,1 @@\n-x\n x\n")
    with pytest.raises(PatchWithoutEffect):
        apply_patch(text(*"axxx"), moved)


# --- hostile input --------------------------------------------------------------------------------


def test_conflicts_cannot_write_to_the_terminal() -> None:
    base = TEN.replace(b"e", b"\x1b[31m\x07\xff" + b"x" * 1000)
    with pytest.raises(PatchConflict) as caught:
        apply_patch(base, patch(REPLACE_E))
    assert "\x1b" not in caught.value.why
    assert "\x07" not in caught.value.why
    assert "\\x1b[31m" in caught.value.why
    assert max(len(line) for line in caught.value.why.splitlines()) < 200


def test_conflicts_of_long_hunks_show_a_window_around_the_difference() -> None:
    many = [str(n) for n in range(100)]
    hunk = "@@ -1,101 +1,102 @@\n" + "".join(f" {n}\n" for n in many) + "+new\n end\n"
    base = text(*many[:50], "other", *many[51:], "end")
    with pytest.raises(PatchConflict) as caught:
        apply_patch(base, patch(hunk))
    assert "> 51 | 50\n" in caught.value.why
    assert "> 51 | other\n" in caught.value.why
    assert len(caught.value.why.splitlines()) <= 2 * 12 + 2


@pytest.mark.parametrize("line", ["a", ""])
def test_repetitive_texts_do_not_take_quadratic_time(line: str) -> None:
    """A search that compares at every line would need 10^11 comparisons."""
    count = 300_000
    base = f"{line}\n".encode() * count + b"end\n"
    size = 100_000
    hunk = f"@@ -1,{size + 1} +1,{size + 1} @@\n" + f" {line}\n" * size + "-x\n+y\n"
    started = time.monotonic()
    with pytest.raises((PatchConflict, PatchAmbiguous)):
        apply_patch(base, patch(hunk.replace("-x\n+y\n", "-x\n+y\n")))
    middle = f"@@ -9,{size} +9,{size + 1} @@\n {line}\n+y\n" + f" {line}\n" * (size - 1)
    assert apply_patch(base, patch(middle)).offset == 0
    assert time.monotonic() - started < 20


def test_random_bytes_never_escape_as_other_errors() -> None:
    """Damaged patches end in a patch error or apply; nothing else."""
    source = patch_bytes(REPLACE_E, "@@ -8,3 +8,4 @@\n h\n+x\n i\n j\n")
    dice = random.Random(7)
    refused = 0
    for _ in range(3000):
        damaged = bytearray(source)
        for _ in range(dice.randint(1, 4)):
            damaged[dice.randrange(len(damaged))] = dice.choice(b"\n\r -+@\\0123,9a\xff/")
        try:
            apply_patch(TEN, unified.parse(bytes(damaged), "fuzzed"))
        except (PatchMalformed, PatchForbidden, PatchConflict, PatchAmbiguous, PatchWithoutEffect):
            refused += 1
    assert refused > 2000


class TestToldWell:
    """A conflict says which text it shows, marks what differs, and what to type."""

    SECOND = "@@ -8,3 +8,3 @@\n h\n-i\n+I\n j\n"

    def test_all_that_fail_at_once(self) -> None:
        base = TEN.replace(b"e", b"other")
        good = patch("@@ -1,2 +1,2 @@\n-a\n+A\n b\n", name="good")
        failing = [patch(REPLACE_E, name=name)._replace(origin="shipped") for name in ("x", "y")]
        with pytest.raises(PatchesFailed) as caught:
            apply_series(base, [failing[0], good, failing[1]], target="this hook")
        error = caught.value
        assert error.message == "2 patches do not apply to this hook: x, y"
        assert len(re.findall(r"patch [xy], hunk 1 does not apply", error.why)) == 2
        assert error.why.count("the hunk expects:") == 2
        assert "→ leave it out: --without y" in error.why
        assert error.advice == ["leave all of them out: --without x --without y"]

    def test_shown_is_the_images_hook_with_its_own_numbers(self) -> None:
        base = TEN.replace(b"i", b"other")
        first = patch("@@ -1,2 +1,4 @@\n a\n+1\n+2\n b\n", name="first")
        with pytest.raises(PatchConflict) as caught:
            apply_series(base, [first, patch(self.SECOND, name="second")])
        assert "the image's hook has" in caught.value.why
        assert " 9 | other" in caught.value.why

    def test_or_what_others_made_of_it(self) -> None:
        first = patch("@@ -8,3 +8,3 @@\n h\n-i\n+ours\n j\n", name="first")
        with pytest.raises(PatchConflict) as caught:
            apply_series(TEN, [first, patch(self.SECOND, name="second")])
        assert "the hook after first has" in caught.value.why
        assert ">  9 | ours" in caught.value.why

    @pytest.mark.parametrize(
        ("line", "shown"),
        [(b"e  ", "> 5 | e··"), (b"\te", "> 5 | \\te"), (b"e\r", "> 5 | e\\r")],
    )
    def test_invisible_differences_are_shown(self, line: bytes, shown: str) -> None:
        with pytest.raises(PatchConflict) as caught:
            apply_patch(TEN.replace(b"e", line), patch(REPLACE_E))
        assert shown in caught.value.why

    def test_the_hunks_that_are_done_are_passed_over(self) -> None:
        both = patch(REPLACE_E, self.SECOND, name="both")
        half = TEN.replace(b"i", b"I")
        with pytest.raises(PatchConflict, match="does not apply") as caught:
            apply_patch(half, both)
        assert "hunk 2 of 2 done already" in caught.value.why
        assert apply_series(half, [both]).after == apply_patch(TEN, both).data

    def test_what_is_done_elsewhere_is_not_done_here(self) -> None:
        """Of three places that look alike somebody did the second: the others are still to do."""
        alike = [f"@@ -{n},2 +{n + m},3 @@\n a\n+A\n b\n" for m, n in enumerate((1, 4, 7))]
        base = text(*"abxabyabz")
        three = patch(*alike, "@@ -9 +12,2 @@\n z\n+Z\n", name="three")
        assert apply_series(base, [three]).after == text(*"aAbxaAbyaAbzZ")
        half = text(*"aBbxaAbyabz").replace(b"B\n", b"")
        with pytest.raises(PatchConflict):
            apply_series(half, [three])
        shifted = text("0") + half
        with pytest.raises(PatchAmbiguous):
            apply_series(shifted, [three])

    def test_the_only_other_place_of_a_hunk_that_is_done_at_its_own(self) -> None:
        two = patch(
            "@@ -1,2 +1,3 @@\n a\n+A\n b\n", "@@ -4,3 +5,3 @@\n d\n-e\n+E\n f\n", name="two"
        )
        with pytest.raises(PatchConflict) as caught:
            apply_series(text(*"abcdEfghdef"), [two])
        assert "at line 4, where it belongs, it is done already" in caught.value.why
        assert apply_series(text(*"abcdEfgh"), [two]).after == text(*"aAbcdEfgh")

    def test_a_hunk_passed_over_moves_those_after_it(self) -> None:
        """The line that the second states is now that of a place that looks like its own."""
        two = patch(
            "@@ -2,2 +2,5 @@\n 1\n+2\n+3\n+4\n 5\n",
            "@@ -7,3 +10,3 @@\n d\n-e\n+E\n f\n",
            name="two",
        )
        base = text("0", "1", "5", *"def", *"def", "z")
        half = text(*"012345", *"def", *"def", "z")
        assert apply_series(half, [two]).after == apply_series(base, [two]).after

    def test_a_patch_file_is_not_left_out_by_name(self) -> None:
        with pytest.raises(PatchConflict) as caught:
            apply_patch(TEN.replace(b"e", b"x"), patch(REPLACE_E, name="mine"))
        assert not any("--without" in line for line in caught.value.advice)
        assert "or leave it out: no --patch mine.patch" in caught.value.advice


def test_a_byte_order_mark_is_named() -> None:
    with pytest.raises(PatchMalformed) as caught:
        unified.parse(b"\xef\xbb\xbf" + patch_bytes(REPLACE_E), "sample")
    assert "byte-order mark" in caught.value.message
    assert caught.value.advice == ["sed -i '1s/^\\xEF\\xBB\\xBF//' sample.patch"]
