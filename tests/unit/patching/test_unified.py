from __future__ import annotations

import hashlib

import pytest
from tests.unit.patching.samples import HEAD, patch_bytes

from ksimage.errors import PatchForbidden, PatchMalformed
from ksimage.patching import unified
from ksimage.upstream.releases import HOOK_PATH

HUNK = "@@ -1,3 +1,3 @@ def f():\n a\n-b\n+B\n c\n"


def test_parses_header_paths_and_hunks() -> None:
    data = patch_bytes(
        HUNK, "@@ -7,2 +7,3 @@\n x\n+y\n z\n", header="Description: d\nAuthor: a\n---\n"
    )
    patch = unified.parse(data, "sample", path="patches/sample.patch")
    assert patch.header == "Description: d\nAuthor: a"
    assert patch.sha256 == hashlib.sha256(data).hexdigest()
    first, second = patch.hunks
    assert (first.old_start, first.old_count, first.new_start, first.new_count) == (1, 3, 1, 3)
    assert first.old_lines == (b"a\n", b"b\n", b"c\n")
    assert first.new_lines == (b"a\n", b"B\n", b"c\n")
    assert (first.leading, first.trailing) == (1, 1)
    assert (first.patch_line, second.patch_line) == (6, 11)
    assert second.reversed().old_lines == second.new_lines
    assert second.reversed().reversed() == second


def test_missing_counts_mean_one() -> None:
    hunk = "@@ -1 +1,2 @@\n a\n+b\n"
    assert unified.parse(patch_bytes(hunk), "s").hunks[0].old_count == 1


def test_a_blank_line_is_an_empty_context_line() -> None:
    """Editors drop the blank at its beginning; GNU patch and git read it like this, too."""
    hunk = "@@ -1,3 +1,3 @@\n\n-b\n+B\n c\n"
    assert unified.parse(patch_bytes(hunk), "s").hunks[0].old_lines == (b"\n", b"b\n", b"c\n")


def test_no_newline_at_end_of_file() -> None:
    note = "\\ No newline at end of file\n"
    hunk = f"@@ -1,2 +1,2 @@\n a\n-b\n{note}+B\n{note}"
    parsed = unified.parse(patch_bytes(hunk), "s").hunks[0]
    assert parsed.old_lines == (b"a\n", b"b")
    assert parsed.new_lines == (b"a\n", b"B")


def test_git_format_patch_mail_is_accepted() -> None:
    header = (
        "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n"
        "From: A <a@example.com>\nSubject: [PATCH] s\n\nbody\n---\n hook | 2 +-\n\n"
        f"diff --git a/{HOOK_PATH} b/{HOOK_PATH}\nindex 1234567..89abcde 100755\n"
    )
    patch = unified.parse(patch_bytes(HUNK, "-- \n2.39.5\n\n", header=header), "s")
    assert patch.header.endswith("\n\nbody")
    assert len(patch.hunks) == 1


def test_svn_index_lines_and_time_stamps_are_accepted() -> None:
    head = f"Index: x\n{'=' * 67}\n--- a/{HOOK_PATH}\t2026-01-01 00:00\n+++ b/{HOOK_PATH}\tnow\n"
    assert unified.parse(patch_bytes(HUNK, head=head.encode()), "s").hunks


def test_crlf_patch_is_noticed_and_kept_as_it_is() -> None:
    patch = unified.parse(patch_bytes(HUNK).replace(b"\n", b"\r\n"), "s")
    assert patch.crlf
    assert patch.hunks[0].old_lines == (b"a\r\n", b"b\r\n", b"c\r\n")
    # A patch against a CRLF file has LF in its own lines (diff -u writes it so).
    mixed = HEAD + b"@@ -1,3 +1,3 @@\n a\r\n-b\r\n+B\r\n c\r\n"
    assert not unified.parse(mixed, "s").crlf


@pytest.mark.parametrize(("strip", "prefix"), [(0, ""), (1, "a/"), (2, "x/y/")])
def test_strip(strip: int, prefix: str) -> None:
    head = f"--- {prefix}{HOOK_PATH}\n+++ {prefix}{HOOK_PATH}\n".encode()
    assert unified.parse(patch_bytes(HUNK, head=head), "s", strip=strip).hunks


MALFORMED = {
    "no diff": (b"Description: only words\n", "no diff", 1),
    "empty": (b"", "no diff", 1),
    "too large": (b" " * (unified.MAX_BYTES + 1), "more than a patch may have", 1),
    "no hunk": (HEAD, "no hunk", 3),
    "hunk before names": (HUNK.encode(), "before the file names", 1),
    "names missing": (f"diff --git a/{HOOK_PATH} b/{HOOK_PATH}\n".encode(), "ends before", 1),
    "new name missing": (
        f"diff --git a b\n--- a/{HOOK_PATH}\n@@ -1 +1 @@\n".encode(),
        "starting with +++",
        3,
    ),
    "words between names": (b"diff --git a b\nhello\n", "neither a file name nor a hunk", 2),
    "context diff": (b"*** a\n--- b\n", "no unified diff", 1),
    "ed style": (b"12,13c12\n< a\n---\n> b\n", "no unified diff", 1),
    "header not UTF-8": (b"a\n\xff\n" + patch_bytes(HUNK), "UTF-8", 2),
    "damaged hunk header": (patch_bytes("@@ -1,3 +1,3\n a\n"), "damaged hunk header", 3),
    "absurd number": (patch_bytes("@@ -12345678 +1 @@\n"), "damaged hunk header", 3),
    "line zero": (patch_bytes("@@ -0,2 +1,3 @@\n a\n+b\n c\n"), "count from 1", 3),
    "too few lines": (patch_bytes("@@ -1,3 +1,3 @@\n a\n-b\n+B\n"), "3 new lines, but has 2", 7),
    "too few, next hunk": (patch_bytes("@@ -1,3 +1,3 @@\n a\n-b\n+B\n", HUNK), "but has 2", 7),
    "too many lines": (patch_bytes("@@ -1,2 +1,2 @@\n a\n-b\n+B\n c\n"), "more lines than", 7),
    "blank line too many": (patch_bytes(HUNK, " \n"), "more lines than", 8),
    "too many of one kind": (patch_bytes("@@ -1,2 +1,3 @@\n a\n+b\n+c\n+d\n e\n"), "more lines", 7),
    "context led by a tab": (patch_bytes("@@ -1,3 +1,3 @@\n a\n-b\n+B\n\tc\n"), "but has 2", 7),
    "garbage between hunks": (patch_bytes(HUNK, "oops\n", HUNK), "neither a hunk nor the end", 8),
    "overlap": (patch_bytes(HUNK, HUNK.replace("-1,3", "-3,3")), "before the previous one ends", 8),
    "out of order": (patch_bytes(HUNK.replace("-1,3", "-9,3"), HUNK), "before the previous", 8),
    "nothing changed": (patch_bytes("@@ -1,2 +1,2 @@\n a\n b\n"), "changes nothing", 3),
    "same line": (patch_bytes("@@ -1,2 +1,2 @@\n a\n-b\n+b\n"), "changes nothing", 3),
    "marker alone": (patch_bytes("@@ -1,2 +1,2 @@\n\\ No newline\n a\n"), "after no line", 4),
    "marker twice": (
        patch_bytes("@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline\n\\ No newline\n+B\n"),
        "after no line",
        7,
    ),
    "line after the last": (
        patch_bytes("@@ -1,3 +1,3 @@\n a\n\\ No newline at end of file\n-b\n+B\n c\n"),
        "after the one that has no newline",
        6,
    ),
    "broken off": (patch_bytes(HUNK)[:-1], "breaks off", 7),
    "quoted path": (patch_bytes(HUNK, head=b'--- "a/h\\303"\n+++ "b/h"\n'), "quoted path", 1),
    "too many hunks": (
        patch_bytes(*(f"@@ -{n},2 +{n},3 @@\n a\n+b\n c\n" for n in range(1, 3000, 2))),
        "more than 1000 hunks",
        4003,
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_patches_are_refused_with_their_line(case: str) -> None:
    data, reason, line = MALFORMED[case]
    with pytest.raises(PatchMalformed) as caught:
        unified.parse(data, "sample", path="patches/sample.patch")
    assert reason in caught.value.message
    assert (caught.value.path, caught.value.line) == ("patches/sample.patch", line)
    assert caught.value.exit_code == 5
    assert caught.value.advice


def names(old: str, new: str) -> bytes:
    return f"--- {old}\n+++ {new}\n".encode()


GIT = f"diff --git a/{HOOK_PATH} b/{HOOK_PATH}\n".encode()
FORBIDDEN = {
    "foreign target": (names("a/etc/passwd", "b/etc/passwd") + HUNK.encode(), "write a/hooks/"),
    "path in the source repository": (
        names("a/controller/installRunner.py", "b/controller/installRunner.py") + HUNK.encode(),
        "is for a/controller/installRunner.py",
    ),
    "absolute": (names(f"/{HOOK_PATH}", f"/{HOOK_PATH}") + HUNK.encode(), "absolute path"),
    "leaves": (names(f"a/../{HOOK_PATH}", f"b/../{HOOK_PATH}") + HUNK.encode(), "leaves its"),
    "leaves in the new name": (names(f"a/{HOOK_PATH}", "b/x/../../y") + HUNK.encode(), "leaves"),
    "creates": (names("/dev/null", f"b/{HOOK_PATH}") + b"@@ -0,0 +1 @@\n+a\n", "creates or del"),
    "deletes": (names(f"a/{HOOK_PATH}", "/dev/null") + b"@@ -1 +0,0 @@\n-a\n", "creates or del"),
    "not ASCII": (b"--- a/h\xc3\xa9\n+++ b/h\n" + HUNK.encode(), "another file"),
    "second file": (patch_bytes(HUNK) + names("a/x", "b/x") + HUNK.encode(), "a second file"),
    "second file, git": (patch_bytes(HUNK) + GIT + b"index 1..2\n", "a second file"),
    "rename": (GIT + b"similarity index 90%\nrename from a\nrename to b\n", "renames"),
    "copy": (GIT + b"copy from a\ncopy to b\n", "copies"),
    "mode": (GIT + b"old mode 100755\nnew mode 100644\n", "changes a file's mode"),
    "new file": (GIT + b"new file mode 100755\nindex 0..1\n", "creates a file"),
    "deleted file": (GIT + b"deleted file mode 100755\n", "deletes a file"),
    "git binary": (GIT + b"index 1..2\nGIT binary patch\n", "binary"),
    "binary differ": (b"Binary files a and b differ\n", "binary"),
    "no context": (patch_bytes("@@ -4 +4 @@\n-a\n+b\n"), "without a context line"),
    "insertion without context": (patch_bytes("@@ -4,0 +5 @@\n+b\n"), "without a context line"),
}


@pytest.mark.parametrize("case", FORBIDDEN)
def test_what_no_patch_may_do(case: str) -> None:
    data, reason = FORBIDDEN[case]
    with pytest.raises(PatchForbidden) as caught:
        unified.parse(data, "sample")
    assert reason in caught.value.message
    assert caught.value.line is not None


def test_no_context_is_named_at_its_own_line() -> None:
    with pytest.raises(PatchForbidden) as caught:
        unified.parse(patch_bytes(HUNK, "@@ -9 +9 @@\n-a\n+b\n"), "sample")
    assert caught.value.line == 8
