"""Headers of patch files: DEP-3 fields, with two of our own.

DEP-3 is Debian's convention for saying in the patch file what the patch does, where it comes from
and whether upstream has it. The header of a mail made by ``git format-patch`` counts too. Fields of
our own: ``X-Ksimage-Releases`` (a range, see :func:`ksimage.upstream.releases.parse_range`)
and ``X-Ksimage-Risk`` (what somebody who applies it has to know).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ksimage.errors import PatchMalformed
from ksimage.text import similar
from ksimage.upstream.releases import Release, in_range, parse_range

_FIELD = re.compile(r"([A-Za-z][A-Za-z0-9-]*):(?:[ \t]+(.*)|)")
_OURS = ("X-Ksimage-Releases", "X-Ksimage-Risk")
_ONCE = ("description", "subject", "last-update", "forwarded", *(name.lower() for name in _OURS))
_LAST_UPDATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SUBJECT_TAG = re.compile(r"^\[[^\]]*\]\s*")


class PatchHeader(NamedTuple):
    """The fields of one patch.

    Attributes:
        summary: first line of the description, may be empty when no header was required.
        releases: the range of ``X-Ksimage-Releases``; empty means every release.
        risk: ``X-Ksimage-Risk``, may be empty.
    """

    summary: str
    releases: str
    risk: str

    def fits(self, release: Release) -> bool:
        """Whether the patch is meant for a release."""
        return not self.releases or in_range(release, self.releases)


def parse(text: str, name: str, *, path: str, required: bool = True) -> PatchHeader:
    """Parse and check the header of a patch.

    Args:
        text: the part of the patch file before the diff, starting at its first line.
        name: of the patch, for messages.
        path: of the patch file, for messages.
        required: whether Description (or Subject) and Origin (or Author, From) must be there.

    Raises:
        PatchMalformed: a required field is missing or a value is unusable.
    """
    return _Reader(text, name, path).read(required)


class _Reader:
    def __init__(self, text: str, name: str, path: str) -> None:
        self.text = text
        self.name = name
        self.path = path
        self.fields: list[tuple[str, str, int]] = []

    def malformed(self, reason: str, line: int = 1, advice: tuple[str, ...] = ()) -> PatchMalformed:
        return PatchMalformed(
            self.name,
            reason,
            path=self.path,
            line=line,
            advice=advice or ["the header fields: docs/patches.md"],
        )

    def read(self, required: bool) -> PatchHeader:
        self.split()
        values: dict[str, str] = {}
        for key, value, line in self.fields:
            lowered = key.lower()
            if lowered in _ONCE and lowered in values:
                raise self.malformed(f"the field {key} is there twice", line)
            values.setdefault(lowered, value)
            self.check(lowered, key, value, line)
        about = values.get("description") or _SUBJECT_TAG.sub("", values.get("subject", ""))
        summary = about.partition("\n")[0]
        if required and not summary.strip():
            raise self.malformed("its header has no Description", advice=_TEMPLATE)
        if required and not any(values.get(key) for key in ("origin", "author", "from")):
            raise self.malformed("its header has neither Origin nor Author", advice=_TEMPLATE)
        return PatchHeader(
            summary.strip(),
            values.get("x-ksimage-releases", ""),
            values.get("x-ksimage-risk", ""),
        )

    def split(self) -> None:
        """Fill ``fields`` from the leading paragraphs."""
        in_fields, after_blank = True, False
        for number, line in enumerate(self.text.split("\n"), 1):
            if number == 1 and re.match(r"From [0-9a-f]{40} ", line):
                continue  # the envelope line of git format-patch
            found = _FIELD.fullmatch(line)
            if found and (in_fields or found[1].lower().startswith("x-ksimage-")):
                self.fields.append((found[1], (found[2] or "").strip(), number))
                in_fields = True
            elif line[:1] in (" ", "\t") and self.fields and in_fields:
                self.continue_field(line)
            elif line.strip():
                if in_fields and self.fields and not after_blank:
                    raise self.malformed("a header line that is neither field nor rest", number)
                # A paragraph that is no field belongs to the description (DEP-3; mail bodies).
                in_fields = False
            after_blank = not line.strip()

    def continue_field(self, line: str) -> None:
        key, value, first = self.fields[-1]
        if key.lower() == "subject":  # mails fold a long subject, which is one line
            self.fields[-1] = (key, f"{value} {line.strip()}", first)
        else:
            self.fields[-1] = (key, f"{value}\n{line[1:].rstrip()}", first)

    def check(self, lowered: str, key: str, value: str, line: int) -> None:
        if lowered == "last-update":
            if not _is_date(value):
                raise self.malformed(f"Last-Update {value!r} is no date like 2026-01-31", line)
        elif lowered == "forwarded":
            if value and not re.match(r"(no|not-needed|yes|https?://\S+)(\s|$)", value):
                raise self.malformed(
                    f"Forwarded {value!r} is neither no, not-needed, yes nor an address", line
                )
        elif lowered == "x-ksimage-releases":
            try:
                parse_range(value)
            except ValueError as error:
                raise self.malformed(f"{key}: {error}", line) from None
        elif lowered.startswith("x-ksimage-") and lowered not in _ONCE:
            near = similar(key, _OURS, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise self.malformed(f"unknown field {key}{hint}", line)


_TEMPLATE = (
    "begin the file with:",
    "  Description: what it does, in one line",
    "  Author: Your Name <you@example.com>",
    "  ---",
)


def _is_date(value: str) -> bool:
    import datetime as dt

    try:
        return bool(_LAST_UPDATE.fullmatch(value) and dt.date.fromisoformat(value))
    except ValueError:
        return False
