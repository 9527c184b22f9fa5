"""Read a patch file: a header, then one unified diff of the hook. Strict, on bytes, no I/O.

Other tools guess: GNU patch skips garbage, patch-ng ignores a missing final newline, unidiff drops
lines when the counts lie. Here everything that is not plainly a unified diff of the one file that
may be patched is refused, with the line of the patch file where it stands.
"""

from __future__ import annotations

import hashlib
import re

from ksimage.errors import PatchForbidden, PatchMalformed
from ksimage.patching.model import ADDED, CONTEXT, REMOVED, Hunk, Line, Patch
from ksimage.patching.paths import Forbidden, forbidden_deed, require_path

MAX_BYTES = 1 << 20
"""Largest patch file. The shipped ones have a few KiB."""
MAX_HUNKS = 1000
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_HUNK = re.compile(rb"@@ -(\d{1,7})(?:,(\d{1,7}))? \+(\d{1,7})(?:,(\d{1,7}))? @@(?: ?[^\n]*)?")
_ED_COMMAND = re.compile(rb"\d+(,\d+)?[acd]\d+(,\d+)?\r?")  # plain diff without -u


def parse(
    data: bytes,
    name: str,
    *,
    path: str = "",
    strip: int = 1,
    recount: bool = False,
) -> Patch:
    """Parse a patch file.

    Args:
        data: the whole file.
        name: of the patch, for messages and records.
        path: of the file, for messages; defaults to ``NAME.patch``.
        strip: leading path components to drop (the ``-pN`` of a quilt series).
        recount: count the lines of a hunk instead of believing its header, for a patch that was
            edited by hand and is about to be regenerated.

    Raises:
        PatchMalformed: the format is broken.
        PatchForbidden: the format is right, but it does more than change lines of the target.
    """
    return _Parser(data, name, path or f"{name}.patch", strip, recount).parse()


class _Parser:
    def __init__(self, data: bytes, name: str, path: str, strip: int, recount: bool) -> None:
        self.data = data
        self.name = name
        self.path = path
        self.strip = strip
        self.recount = recount
        if len(data) > MAX_BYTES:
            raise self.malformed(f"{len(data)} bytes are more than a patch may have", 1)
        if data.startswith(BYTE_ORDER_MARK):
            reason = "it begins with a byte-order mark, which some editors put there"
            advice = [f"sed -i '1s/^\\xEF\\xBB\\xBF//' {self.path}"]
            raise PatchMalformed(name, reason, path=self.path, line=1, advice=advice)
        self.lines = data.split(b"\n")
        self.complete = self.lines[-1] == b""  # the file ends with a newline
        if self.complete:
            self.lines.pop()
        self.at = 0

    def malformed(self, reason: str, line: int | None = None) -> PatchMalformed:
        return PatchMalformed(self.name, reason, path=self.path, line=line or self.at + 1)

    def forbidden(self, reason: str, line: int | None = None) -> PatchForbidden:
        return PatchForbidden(self.name, reason, path=self.path, line=line or self.at + 1)

    def peek(self, prefix: bytes = b"") -> bytes | None:
        """The current line if it is there and starts with ``prefix``."""
        if self.at < len(self.lines) and self.lines[self.at].startswith(prefix):
            return self.lines[self.at]
        return None

    def parse(self) -> Patch:
        header = self.header()
        preamble = b"".join(line + b"\n" for line in self.lines[: self.at])
        self.git_lines()
        self.paths()
        hunks: list[Hunk] = []
        while self.peek(b"@@") is not None:
            if len(hunks) == MAX_HUNKS:
                raise self.malformed(f"more than {MAX_HUNKS} hunks")
            hunk = self.hunk()
            overlap = hunks and hunk.old_start < hunks[-1].old_start + hunks[-1].old_count
            if overlap and not self.recount:
                raise self.malformed(
                    "this hunk starts before the previous one ends", hunk.patch_line
                )
            hunks.append(hunk)
        if not hunks:
            raise self.malformed("no hunk (@@ -LINE,COUNT +LINE,COUNT @@) after the file names")
        self.end()
        return Patch(
            self.name,
            header,
            preamble,
            tuple(hunks),
            hashlib.sha256(self.data).hexdigest(),
            self.path,
            crlf=self.complete and all(line.endswith(b"\r") for line in self.lines),
        )

    def header(self) -> str:
        """Everything before the diff. Leaves ``at`` on its first line."""
        while self.at < len(self.lines):
            line = self.lines[self.at]
            following = self.lines[self.at + 1] if self.at + 1 < len(self.lines) else b""
            if line.startswith((b"diff --git ", b"Index: ", b"GIT binary patch")):
                break
            if line.startswith(b"--- ") and following.startswith(b"+++ "):
                break
            if line.startswith(b"@@ -"):
                raise self.malformed("a hunk before the file names (--- and +++ lines)")
            context_diff = line.startswith(b"*** ") and following.startswith(b"--- ")
            if context_diff or _ED_COMMAND.fullmatch(line):
                raise self.malformed("this is no unified diff (make one with diff -U1 or git diff)")
            if line.startswith(b"Binary files ") and line.rstrip().endswith(b" differ"):
                raise self.forbidden("is a binary patch")
            self.at += 1
        else:
            advice = ["how to write one: docs/patches.md", "begin one: ksimage patches new --help"]
            reason = "there is no diff in it"
            raise PatchMalformed(self.name, reason, path=self.path, line=1, advice=advice)
        lines = [line.removesuffix(b"\r") for line in self.lines[: self.at]]
        for number, line in enumerate(lines):
            if line == b"---":
                # What follows in a mail (the diffstat) is for readers.
                lines = lines[:number]
                break
        try:
            return b"\n".join(lines).decode("utf-8").strip("\n")
        except UnicodeDecodeError as error:
            number = b"\n".join(lines)[: error.start].count(b"\n") + 1
            raise self.malformed("the header is not UTF-8", number) from None

    def git_lines(self) -> None:
        """Skip ``diff --git``, ``index`` and ``Index:`` lines; refuse what git can do besides."""
        while (line := self.peek()) is not None and not line.startswith(b"--- "):
            if deed := forbidden_deed(line):
                raise self.forbidden(deed)
            if not line.startswith((b"diff --git ", b"index ", b"Index: ", b"=====")):
                raise self.malformed("neither a file name nor a hunk where the diff begins")
            self.at += 1
        if self.peek() is None:
            raise self.malformed("the diff ends before its file names", len(self.lines))

    def paths(self) -> None:
        """Pass over the two file names; refuse those of another file."""
        for marker in (b"--- ", b"+++ "):
            line = self.peek(marker)
            if line is None:
                raise self.malformed(f"a line starting with {marker.decode().strip()} is missing")
            try:
                require_path(line[4:], self.strip)
            except Forbidden as error:
                raise self.forbidden(str(error)) from None
            except ValueError as error:
                raise self.malformed(str(error)) from None
            self.at += 1

    def hunk(self) -> Hunk:
        start = self.at
        found = _HUNK.fullmatch(self.lines[start].removesuffix(b"\r"))
        if not found:
            raise self.malformed("a damaged hunk header")
        old_start, new_start = int(found[1]), int(found[3])
        old_count = int(found[2]) if found[2] is not None else 1
        new_count = int(found[4]) if found[4] is not None else 1
        if (old_count and not old_start) or (new_count and not new_start):
            raise self.malformed("lines count from 1", start + 1)
        self.at += 1
        if self.recount:
            old_count, new_count = self.counts()
        lines = self.body(old_count, new_count, start)
        hunk = Hunk(old_start, old_count, new_start, new_count, tuple(lines), start + 1)
        if hunk.old_lines == hunk.new_lines:
            raise self.malformed("a hunk that changes nothing", start + 1)
        if all(line.kind != CONTEXT for line in hunk.lines):
            # -U0: put at a wrong place on 9 to 44 of upstream's hooks without any error.
            reason = "has a hunk without a context line, which could land anywhere"
            raise self.forbidden(reason, start + 1)
        return hunk

    def counts(self) -> tuple[int, int]:
        """The old and new lines from here to the next hunk or the end, whatever a header says."""
        kinds: list[bytes] = []
        for at in range(self.at, len(self.lines)):
            line = self.lines[at]
            kind = line[:1].strip(b"\r")
            if line.startswith(b"@@ -"):
                break
            if kind not in (CONTEXT, REMOVED, ADDED, b"\\", b"") or self.is_signature(at):
                kinds = _without_blanks(kinds)
                break
            kinds.append(kind)
        else:
            kinds = _without_blanks(kinds)
        return (
            sum(kind in (CONTEXT, REMOVED, b"") for kind in kinds),
            sum(kind in (CONTEXT, ADDED, b"") for kind in kinds),
        )

    def body(self, old_count: int, new_count: int, start: int) -> list[Line]:
        lines: list[Line] = []
        old = new = 0
        open_ended = {REMOVED: False, ADDED: False}  # that side's last line has no newline
        while old < old_count or new < new_count:
            if self.at >= len(self.lines):
                raise self.short(old, old_count, new, new_count, start)
            raw = self.lines[self.at]
            if raw.startswith(b"\\"):
                self.no_newline(lines, open_ended)
                continue
            # Editors and diff --suppress-blank-empty drop the blank of an empty context line.
            kind, text = (raw[:1], raw[1:]) if raw not in (b"", b"\r") else (CONTEXT, raw)
            if kind not in (CONTEXT, REMOVED, ADDED):
                raise self.short(old, old_count, new, new_count, start)
            old += kind != ADDED
            new += kind != REMOVED
            if old > old_count or new > new_count:
                raise self.malformed(
                    f"the hunk of line {start + 1} has more lines than its header says"
                )
            if (kind != ADDED and open_ended[REMOVED]) or (kind != REMOVED and open_ended[ADDED]):
                raise self.malformed("a line after the one that has no newline at end of file")
            if self.at + 1 == len(self.lines) and not self.complete:
                raise self.malformed("the patch file breaks off in the middle of a line")
            lines.append(Line(kind, text + b"\n"))
            self.at += 1
        if self.peek(b"\\") is not None:
            self.no_newline(lines, open_ended)
        return lines

    def short(
        self, old: int, old_count: int, new: int, new_count: int, start: int
    ) -> PatchMalformed:
        return self.malformed(
            f"the hunk of line {start + 1} says {old_count} old and {new_count} new lines,"
            f" but has {old} and {new}"
        )

    def no_newline(self, lines: list[Line], open_ended: dict[bytes, bool]) -> None:
        """``\\ No newline at end of file``: the line before it has no line ending."""
        if not lines or not lines[-1].text.endswith(b"\n"):
            raise self.malformed("'\\ No newline at end of file' after no line")
        last = lines[-1]
        lines[-1] = Line(last.kind, last.text[:-1])
        for side in (REMOVED, ADDED):
            open_ended[side] |= last.kind in (CONTEXT, side)
        self.at += 1

    def end(self) -> None:
        """Only blank lines or git's mail signature may follow the last hunk."""
        if self.is_signature(self.at):
            self.at += 2
        line = self.peek()
        while line in (b"", b"\r"):
            self.at += 1
            line = self.peek()
        if line is None:
            return
        if line.startswith((b"diff --git ", b"--- ", b"Index: ")):
            raise self.forbidden("patches a second file, or the same one twice")
        if line[:1] in (CONTEXT, REMOVED, ADDED):
            raise self.malformed("the last hunk has more lines than its header says")
        raise self.malformed("neither a hunk nor the end of the patch")

    def is_signature(self, at: int) -> bool:
        """Whether git's mail signature stands there: ``-- `` and a version."""
        return (
            at + 1 < len(self.lines)
            and self.lines[at].rstrip(b"\r") == b"-- "
            and re.match(rb"\d+\.\d", self.lines[at + 1]) is not None
        )


def _without_blanks(kinds: list[bytes]) -> list[bytes]:
    """Blank lines at the end of a patch are no context."""
    while kinds and not kinds[-1]:
        kinds.pop()
    return kinds
