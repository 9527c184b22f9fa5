"""The two passes over a bundle: learn from every file, then replace in every file.

A file is a stream of pieces. JSON of moderate size is parsed where anything in it is suspicious, so
that keys and strings are what they are; everything else is read as text, in bounded memory.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from itertools import chain
from typing import TYPE_CHECKING, Final

from ksimage.redact.documents import Json, rewrite
from ksimage.redact.encodings import decoded
from ksimage.redact.text import NOTHING, REACH, Lookout, Relevant, relevant, sites
from ksimage.redact.vocabulary import Learned

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_JSON: Final = 8 << 20
"""Bytes; larger files are read as text."""
STEP: Final = 1 << 20
"""Characters of text that are looked at together, beside REACH before and after."""


class Redactor:
    """One bundle's redaction: :meth:`learn` every file, then :meth:`redact` every file.

    Args:
        key: of the tokens; random by default, so that nobody can guess weak values from tokens.

    Attributes:
        count: replacements made so far.
    """

    def __init__(self, key: bytes | None = None) -> None:
        self._key = key or secrets.token_bytes(16)
        self._learned = Learned()
        self._lookout = Lookout()
        self.count = 0

    @property
    def values(self) -> int:
        """How many values are looked for everywhere."""
        return len(self._learned)

    def give(self, value: str) -> None:
        """A value that is known to be secret."""
        self._learned.give(value)

    def learn(self, pieces: Iterable[bytes]) -> None:
        """Pass 1: take the secrets out of one file."""
        for text, whole in _texts(pieces, overlap=True):
            self.learn_text(text, whole)

    def learn_document(self, document: object) -> None:
        """Take the secrets out of parsed JSON, for instance a list of Secrets."""
        self.learn_text(json.dumps(document))

    def learn_text(self, text: str, whole: bool = True) -> None:
        """Take the secrets out of a text; ``whole``: it may be one JSON document."""
        looked = self._lookout.relevant(text)
        if not looked:
            return

        def learn_sites(part: str) -> str:
            for site in sites(part, looked):
                self._learn_secret(site.value)
            return part

        document = _parsed(text) if whole else None
        if document is not None:
            try:
                rewrite(document, self._learn_secret, learn_sites)
                return
            except RecursionError:
                pass
        learn_sites(text)

    def redact(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """Pass 2: one file with tokens in place of its secrets. What has none stays as it is."""
        stream = _Stream(self)
        for text, whole in _texts(pieces, overlap=False):
            if whole:
                yield _encoded(self.redacted(text))
                return
            yield _encoded(stream.add(text))
        yield _encoded(stream.end())

    def redacted(self, text: str) -> str:
        """A whole text, perhaps a JSON document, with tokens in place of its secrets."""
        looked = self._lookout.relevant(text)
        known = self._learned.possible(text)
        if not looked and not known:
            return text
        document = _parsed(text)
        if document is None:
            return self._replaced(text, looked, known)
        before = self.count
        try:
            made = rewrite(
                document, self._token_of, lambda part: self._replaced(part, looked, known)
            )
        except RecursionError:
            self.count = before
            return self._replaced(text, looked, known)
        if self.count == before:
            return text
        end = "\n" if text.endswith("\n") else ""
        return json.dumps(made, indent=4 if text[1:2] == "\n" else None) + end

    def named(self, path: str) -> str:
        """A path with tokens in place of the values that are known; its other parts stay."""
        return self._replaced(path, NOTHING, known=True)

    def places(self, text: str, looked: Relevant, known: bool) -> list[tuple[int, int, str]]:
        """What is to be replaced in a text that is not parsed: start, end and value, in order."""
        found = [(site.start, site.end, site.value) for site in sites(text, looked)]
        if known:
            found += self._learned.find(text)
        if len(found) < 2:
            return found
        found.sort(key=lambda place: (place[0], -place[1]))
        merged: list[tuple[int, int, str]] = []
        for start, end, value in found:
            if merged and start < merged[-1][1]:
                first, last, kept = merged[-1]
                merged[-1] = (first, max(last, end), kept)
            else:
                merged.append((start, end, value))
        return merged

    def _replaced(self, text: str, looked: Relevant, known: bool) -> str:
        out, at = [], 0
        for start, end, value in self.places(text, looked, known):
            out += [text[at:start], self._token_of(value)]
            at = end
        return "".join([*out, text[at:]]) if out else text

    def _token_of(self, value: str) -> str:
        self.count += 1
        data = self._learned.canonical(value).encode("utf-8", "surrogatepass")
        mark = hashlib.blake2b(data, key=self._key, digest_size=3).hexdigest()
        return f"[redacted:{mark}]"

    def _learn_secret(self, value: str) -> str:
        self._learned.learn(value)
        inner = decoded(value) or ""
        if inner[:1] in ("{", "[") or "\n" in inner:  # a document in a Secret
            self.learn_text(inner)  # shorter each time
        elif value[:1] == "{" and _parsed(value) is not None:
            self.learn_text(value)
        return value


class _Stream:
    """Text that comes in parts, with enough before and after each place to judge it."""

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._text = ""
        self._done = 0  # of _text, written already and kept as context

    def add(self, text: str) -> str:
        self._text += text
        return self._write(len(self._text) - REACH)

    def end(self) -> str:
        return self._write(len(self._text))

    def _write(self, limit: int) -> str:
        if limit <= self._done:
            return ""
        text, at, out = self._text, self._done, []
        for start, end, value in self._redactor.places(text, relevant(text), True):
            if end <= at:
                continue
            if start >= limit:
                break
            out += [text[at:start], self._redactor._token_of(value)]
            at = end
        if at < limit:
            out.append(text[at:limit])
            at = limit
        begin = max(0, at - REACH)
        self._text, self._done = text[begin:], at - begin
        return "".join(out)


def _texts(pieces: Iterable[bytes], overlap: bool) -> Iterator[tuple[str, bool]]:
    """The file as one text if it may be JSON or is small, else in parts: (text, whole).

    ``overlap``: each part begins with the end of the one before.
    """
    head: list[bytes] = []
    size = 0
    iterator = iter(pieces)
    for piece in iterator:
        head.append(piece)
        size += len(piece)
        if size > (MAX_JSON if head[0].lstrip()[:1] in (b"{", b"[") else STEP):
            break
    else:
        yield _decoded(b"".join(head)), True
        return
    rest, tail = b"".join(head), ""
    for piece in chain((b"",), iterator):
        rest += piece
        if len(rest) < STEP:
            continue
        # Not within a character: bytes of UTF-8 behind the first are 10xxxxxx.
        cut = len(rest)
        while cut > len(rest) - 4 and rest[cut - 1] & 0xC0 == 0x80:
            cut -= 1
        cut -= rest[cut - 1] >= 0xC0
        text, rest = _decoded(rest[:cut]), rest[cut:]
        yield tail + text, False
        tail = text[-REACH:] if overlap else ""
    yield tail + _decoded(rest), False


def _parsed(text: str) -> Json:
    """The JSON document that ``text`` is; None where it is none."""
    if text.lstrip()[:1] not in ("{", "[") or len(text) > MAX_JSON:
        return None
    try:
        found: Json = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
