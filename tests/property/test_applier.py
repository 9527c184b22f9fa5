"""The applier against GNU patch without fuzz, unipatch without fuzz, and git apply.

Random texts, random edits, and patches made from them which are then damaged in the ways in which
patches are damaged: applied to another version, applied twice, moved, split, converted to CRLF.
Wherever a judge disagrees, the reason is established independently of the applier; a disagreement
without a reason fails the test. The reasons:

ambiguous       GNU patch, unipatch and git take the nearest of several places; ours refuses.
applied twice   The change is in the text at its very place, and another place fits as well: they
                apply it a second time; ours says that it is applied.
no context      A hunk without a context line: ours refuses it as dangerous.
shared context  GNU patch and unipatch let neighbouring hunks overlap in their context; ours, like
                git, does not.
end of file     A hunk with context between its changes only, or with a line without newline: ours
                accepts it at the end of the file only; GNU patch and unipatch put it anywhere and
                supply a newline.
overlapping     Hunks that say that they overlap, or are out of order: ours refuses the patch as
numbers         damaged, the others ignore what it says.
CRLF            GNU patch strips the CRs of a CRLF patch; ours and unipatch take bytes as they are.
no effect       The result is the text itself; ours refuses that.
done at its     "applied twice" for one hunk of several: its change is at its very place, and one
own place       other place fits; ours refuses to choose.
anchors         git pins a hunk to line 1 when it states line 1, and to the end only when it has no
                trailing context at all. GNU patch and ours compare leading and trailing context.
git's spread    git searches from the stated line, without the offset of the hunk before.
"""

from __future__ import annotations

import itertools
import os
import re
import subprocess
import tempfile
import zlib
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.support import requires

from ksimage.errors import PatchError
from ksimage.patching import diff, unified
from ksimage.patching.apply import apply_patch
from ksimage.upstream.releases import HOOK_PATH

CASES = 2400
HUNK = re.compile(rb"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


class Case(NamedTuple):
    text: bytes
    patch: bytes


class Outcome(NamedTuple):
    """The patched text, or why there is none."""

    text: bytes | None
    reason: str = ""


# --- cases ----------------------------------------------------------------------------------------

FEW = st.sampled_from([b"a", b"b", b"", b"  x"])  # many equal lines: ambiguity
MANY = st.sampled_from([bytes([c]) * 3 for c in b"abcdefghijklmnopqrstuvwxyz"])


@st.composite
def edited(
    draw: st.DrawFn, lines: list[bytes], alphabet: st.SearchStrategy[bytes], most: int
) -> list[bytes]:
    lines = list(lines)
    for _ in range(draw(st.integers(0, most))):
        at = draw(st.integers(0, len(lines)))
        deed = draw(st.sampled_from(["insert", "delete", "replace"]))
        if deed == "insert":
            lines[at:at] = draw(st.lists(alphabet, min_size=1, max_size=3))
        elif deed == "delete":
            del lines[at : at + draw(st.integers(1, 2))]
        elif at < len(lines):
            lines[at] = draw(alphabet)
    return lines


def joined(lines: list[bytes], complete: bool, ending: bytes = b"\n") -> bytes:
    data = b"".join(line + ending for line in lines)
    return data if complete or not data else data[: -len(ending)]


def moved(patch: bytes, by: list[int]) -> bytes:
    """The patch with other line numbers: hunk n states a line ``by[n]`` further down."""
    shifts = iter(by)

    def change(found: re.Match[bytes]) -> bytes:
        shift = next(shifts, 0)
        old, new = int(found[1]) + shift, int(found[3]) + shift
        counts = [b"" if count is None else b"," + count for count in (found[2], found[4])]
        return b"@@ -%d%b +%d%b @@" % (old, counts[0], new, counts[1])

    return HUNK.sub(change, patch)


def split(lines: list[bytes], after: list[bytes], context: int) -> bytes:
    """A diff whose hunks were taken apart: neighbours share their context lines."""
    body = b""
    same = [n for n, (a, b) in enumerate(zip(lines, after, strict=False)) if a != b]
    for n in same:
        first, last = max(0, n - context), min(len(lines), n + context + 1)
        count = last - first
        body += b"@@ -%d,%d +%d,%d @@\n" % (n + 1, count, n + 1, count)
        for at in range(first, last):
            body += b"-%b\n+%b\n" % (lines[n], after[n]) if at == n else b" %b\n" % lines[at]
    return b"--- a/%b\n+++ b/%b\n%b" % (HOOK_PATH.encode(), HOOK_PATH.encode(), body)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    alphabet = draw(st.sampled_from([FEW, FEW, MANY]))
    usually = st.sampled_from([True, True, True, True, False])
    rarely = st.sampled_from([False] * 15 + [True])
    base = draw(st.lists(alphabet, min_size=draw(st.sampled_from([0, 5, 12, 20])), max_size=30))
    after = draw(edited(base, alphabet, 4))
    context = draw(st.integers(0 if draw(rarely) else 1, 3))
    if draw(rarely):
        assume(len(after) == len(base))
        patch = split(base, after, max(1, context))
    else:
        patch = diff.unified(
            joined(base, draw(usually)), joined(after, draw(usually)), context=context
        )
    assume(HUNK.search(patch))
    kind = draw(st.sampled_from(["this version", "other version", "other version", "patched"]))
    if kind == "patched":
        target = draw(edited(after, alphabet, 1))
    else:
        target = draw(edited(base, alphabet, 0 if kind == "this version" else 2))
    if draw(rarely):
        patch = moved(patch, draw(st.lists(st.integers(0, 3), min_size=1, max_size=4)))
    if draw(rarely):
        patch = patch.replace(b"\n", b"\r\n")
    ending = b"\r\n" if draw(rarely) else b"\n"
    return Case(joined(target, draw(usually), ending), patch)


# --- judges ---------------------------------------------------------------------------------------


def ours(case: Case) -> Outcome:
    try:
        return Outcome(apply_patch(case.text, unified.parse(case.patch, "case")).data)
    except PatchError as error:
        return Outcome(None, error.kind)


class Gnu:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        options = ["-F0", "--force", "--forward", "--silent", "--reject-file=-", "--output=-"]
        self.command = [requires.program("patch"), *options, "hook"]

    def __call__(self, case: Case) -> Outcome:
        (self.folder / "hook").write_bytes(case.text)
        result = subprocess.run(
            self.command, input=case.patch, cwd=self.folder, capture_output=True
        )
        return Outcome(result.stdout if result.returncode == 0 else None)


class Git:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hook = folder / HOOK_PATH
        self.hook.parent.mkdir(parents=True)
        self.command = [requires.program("git"), "apply", "--whitespace=nowarn", "-"]
        # Outside of every repository, else git looks for the file there.
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "GIT_CEILING_DIRECTORIES": "/",
            "GIT_CONFIG_NOSYSTEM": "1",
        }

    def __call__(self, case: Case) -> Outcome:
        self.hook.write_bytes(case.text)
        result = subprocess.run(
            self.command,
            input=case.patch,
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
        )
        return Outcome(self.hook.read_bytes() if result.returncode == 0 else None)


def unipatch_apply(case: Case, *, forwards: bool = True) -> Outcome:
    unipatch = pytest.importorskip("unipatch")
    unipatch.MAX_FUZZ = 0
    try:
        result = unipatch.apply_patch(
            case.text.decode("latin-1"), case.patch.decode("latin-1"), forwards
        )
    except unipatch.PatchError:
        return Outcome(None)
    return Outcome(result.encode("latin-1"))


# --- reasons, each established without the applier ------------------------------------------------


def hunks(patch: bytes) -> list[tuple[int, list[bytes]]]:
    """(stated line, body lines) of each hunk, read naively."""
    found = list(HUNK.finditer(patch))
    ends = [match.start() for match in found[1:]] + [len(patch)]
    return [
        (int(match[1]), patch[patch.index(b"\n", match.end()) + 1 : end].split(b"\n")[:-1])
        for match, end in zip(found, ends, strict=True)
    ]


def old_block(body: list[bytes]) -> list[bytes]:
    return [line[1:] for line in body if line[:1] in (b" ", b"-")]


def new_block(body: list[bytes]) -> list[bytes]:
    return [line[1:] for line in body if line[:1] in (b" ", b"+")]


def places(text: bytes, block: list[bytes]) -> list[int]:
    lines = text.split(b"\n")
    return [n for n in range(len(lines)) if lines[n : n + len(block)] == block]


def context_of(body: list[bytes]) -> tuple[int, int]:
    kinds = b"".join(line[:1] for line in body if line[:1] != b"\\")
    return len(kinds) - len(kinds.lstrip(b" ")), len(kinds) - len(kinds.rstrip(b" "))


def is_crlf(patch: bytes) -> bool:
    return patch.count(b"\r\n") == patch.count(b"\n")


def why_they_apply_it(case: Case, mine: Outcome, theirs: bytes) -> str | None:
    """A reason for refusing what a judge applies; None when there is none."""
    parts = hunks(case.patch)
    if mine.reason == "patch-ambiguous":
        if any(len(places(case.text, old_block(body))) > 1 for _, body in parts):
            return "ambiguous"
    elif mine.reason == "patch-already-applied":
        if unipatch_apply(case, forwards=False).text is not None:
            return "applied twice"
    elif mine.reason == "patch-forbidden":
        if any(not any(line[:1] == b" " for line in body) for _, body in parts):
            return "no context"
    elif mine.reason == "patch-line-endings":
        if is_crlf(case.patch) and b"\r" not in case.text:
            return "CRLF"
    elif mine.reason == "patch-without-effect":
        if theirs == case.text:
            return "no effect"
    elif mine.reason == "patch-conflict" and any(
        context_of(body) == (0, 0) or b"\\" in [line[:1] for line in body] for _, body in parts
    ):
        return "end of file"
    elif mine.reason in ("patch-conflict", "patch-malformed") and len(parts) > 1:
        # The blocks of two neighbours stand in the text so that they overlap, or say that they do.
        for (first, one), (second, two) in itertools.pairwise(parts):
            size = len(old_block(one))
            if second < first + size:
                return "overlapping numbers"
            for a in places(case.text, old_block(one)):
                if any(abs(a - b) < size for b in places(case.text, old_block(two))):
                    return "shared context"
        # A hunk stands in the text both as it was and as it is when it is done.
        if any(
            places(case.text, old_block(body)) and places(case.text, new_block(body))
            for _, body in parts
        ):
            return "done at its own place"
    return None


def compare_like_gnu(
    case: Case, mine: Outcome, theirs: Outcome, *, strips_cr: bool, git: Git | None = None
) -> str:
    if mine.text == theirs.text:
        return "same result" if mine.text is not None else "both refuse"
    if git and mine.text is not None and theirs.text is not None and git(case).text == mine.text:
        return "shared context"  # git, which lets no hunks overlap either, finds the same places
    if theirs.text is not None and mine.text is None:
        reason = why_they_apply_it(case, mine, theirs.text)
        if reason and (reason != "CRLF" or strips_cr):
            return reason
    if mine.text is not None and theirs.text is None and strips_cr and is_crlf(case.patch):
        return "CRLF"
    raise AssertionError(f"unexplained: {mine} against {theirs}")


def compare_with_git(case: Case, mine: Outcome, theirs: Outcome) -> str:
    if mine.text == theirs.text:
        return "same result" if mine.text is not None else "both refuse"
    parts = hunks(case.patch)
    if any(
        stated <= 1 or context_of(body)[0] != context_of(body)[1] for stated, body in parts
    ) and (mine.text is None or theirs.text is None):
        return "anchors"
    if theirs.text is not None and mine.text is None:
        reason = why_they_apply_it(case, mine, theirs.text)
        if reason and reason != "shared context":
            return reason
    if len(parts) > 1 and any(len(places(case.text, old_block(body))) > 1 for _, body in parts):
        return "git's spread"
    raise AssertionError(f"unexplained: {mine} against {theirs}")


# --- the comparison -------------------------------------------------------------------------------


def folder() -> Path:
    """Memory-backed where there is one: every case writes a file."""
    memory = Path("/dev/shm")
    return memory if os.access(memory, os.W_OK) else Path("/tmp")


def test_every_disagreement_with_the_judges_has_a_reason(
    tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("unipatch")
    seen: dict[str, Counter[str]] = {
        "GNU patch": Counter(),
        "unipatch": Counter(),
        "git": Counter(),
    }
    with tempfile.TemporaryDirectory(dir=folder()) as name:
        gnu, git = Gnu(Path(name)), Git(Path(name))

        @settings(
            max_examples=CASES,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        )
        @given(cases())
        def compare(case: Case) -> None:
            mine = ours(case)
            seen["GNU patch"][compare_like_gnu(case, mine, gnu(case), strips_cr=True, git=git)] += 1
            seen["unipatch"][
                compare_like_gnu(case, mine, unipatch_apply(case), strips_cr=False, git=git)
            ] += 1
            if zlib.crc32(case.patch) % 3 == 0:  # the slowest judge, and the least like ours
                seen["git"][compare_with_git(case, mine, git(case))] += 1

        compare()
    with capsys.disabled():
        for judge, counted in seen.items():
            total = sum(counted.values())
            print(f"\n{judge}: {total} cases: {dict(counted.most_common())}", end="")
        print()
    for judge in ("GNU patch", "unipatch"):
        assert sum(seen[judge].values()) >= 2000
        assert seen[judge]["same result"] >= 300
        assert seen[judge]["both refuse"] >= 300
    assert sum(seen["git"].values()) >= 500


def made(*hunks: bytes) -> bytes:
    return b"--- a/%b\n+++ b/%b\n" % (HOOK_PATH.encode(), HOOK_PATH.encode()) + b"".join(hunks)


CHANGE_B = b"@@ -2,3 +2,3 @@\n a\n-b\n+B\n c\n"
TWO_SHARING = made(b"@@ -2,3 +2,3 @@\n a\n-b\n+B\n c\n", b"@@ -5,3 +5,3 @@\n c\n-d\n+D\n e\n")
EXAMPLES = {
    "ambiguous": (Case(b"x\ny\nz\na\nb\nc\nx\na\nb\nc\n", made(CHANGE_B)), "ambiguous"),
    "applied twice": (Case(b"x\na\nB\nc\nx\na\nb\nc\n", made(CHANGE_B)), "applied twice"),
    "no context": (Case(b"a\nb\n", made(b"@@ -2 +2 @@\n-b\n+B\n")), "no context"),
    "end of file": (
        Case(b"x\na\nb\ny\n", made(b"@@ -2,2 +2,3 @@\n+n\n a\n-b\n+B\n")),
        "end of file",
    ),
    "end of file, newline": (
        Case(
            b"x\na\nb\ny\n",
            made(b"@@ -2,2 +2,3 @@\n+n\n a\n-b\n+b\n\\ No newline at end of file\n"),
        ),
        "end of file",
    ),
    "shared context": (Case(b"x\na\nb\nc\nd\ne\n", TWO_SHARING), "shared context"),
    "no effect": (
        Case(b"a\nx\nx\nx\n", made(b"@@ -1,2 +1,3 @@\n a\n+x\n x\n", b"@@ -3,2 +4,1 @@\n-x\n x\n")),
        "no effect",
    ),
    "done at its own place": (
        Case(
            b"x\na\nB\nc\nx\na\nb\nc\n",
            made(b"@@ -1 +1,2 @@\n+y\n x\n", b"@@ -2,3 +3,3 @@\n a\n-b\n+B\n c\n"),
        ),
        "done at its own place",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_reason_happens(name: str, tmp_path: Path) -> None:
    """An explanation for something that never happens would only hide errors."""
    pytest.importorskip("unipatch")
    case, reason = EXAMPLES[name]
    mine = ours(case)
    assert mine.text is None
    assert compare_like_gnu(case, mine, Gnu(tmp_path)(case), strips_cr=True) == reason
    assert compare_like_gnu(case, mine, unipatch_apply(case), strips_cr=False) == reason


def test_gnu_patch_strips_crs_and_git_has_other_anchors(tmp_path: Path) -> None:
    crlf = Case(b"x\na\nb\nc\n", made(CHANGE_B).replace(b"\n", b"\r\n"))
    assert ours(crlf).reason == "patch-line-endings"
    assert compare_like_gnu(crlf, ours(crlf), Gnu(tmp_path)(crlf), strips_cr=True) == "CRLF"
    kept = Case(crlf.text.replace(b"\n", b"\r\n"), crlf.patch)
    assert ours(kept).text == b"x\r\na\r\nB\r\nc\r\n"
    assert compare_like_gnu(kept, ours(kept), Gnu(tmp_path)(kept), strips_cr=True) == "CRLF"
    # Stated at line 1, but one line further down: git does not look there.
    first = Case(b"new\n" + b"a\nb\nc\n", made(b"@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n"))
    assert ours(first).text == b"new\na\nB\nc\n"
    assert compare_with_git(first, ours(first), Git(tmp_path)(first)) == "anchors"


def test_git_searches_without_the_offset_of_the_hunk_before(tmp_path: Path) -> None:
    """The second block stands twice. Their distance says that the second is meant."""
    patch = made(CHANGE_B, b"@@ -9,3 +9,3 @@\n k\n-l\n+L\n m\n")
    block = b"k\nl\nm\n"
    case = Case(b"1\n2\n3\n4\n5\n6\n0\na\nb\nc\nh\n" + block + block, patch)
    assert ours(case).text == b"1\n2\n3\n4\n5\n6\n0\na\nB\nc\nh\nk\nl\nm\nk\nL\nm\n"
    assert Gnu(tmp_path)(case).text == ours(case).text
    assert compare_with_git(case, ours(case), Git(tmp_path)(case)) == "git's spread"
