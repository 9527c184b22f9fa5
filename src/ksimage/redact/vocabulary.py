"""Values that were learned, and where they stand in a text, in whatever encoding."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.redact.encodings import decoded, needles, unescaped
from ksimage.redact.shapes import key_lines
from ksimage.redact.values import MAX_VALUE, plain, strong

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_VALUES: Final = 5_000
"""Learned values; a namespace has some hundred. What comes later is hidden at its place only."""
MIN_GIVEN: Final = 4
"""Characters of a value that the operator names: theirs to know how rare it is."""

_GRAM: Final = 4
"""Characters of an anchor by which it is first looked for."""
_HEAD: Final = 64
"""Characters of a needle that are compared before the whole, which may be long."""
_WORD = re.compile(r"[A-Za-z0-9+/]{4,}")
_MAX_WORDS: Final = 200_000


class Found(NamedTuple):
    """``text[start:end]`` is ``value``, perhaps encoded."""

    start: int
    end: int
    value: str


class Learned:
    """Learn first, then find: what is learned later is not found in what was read before.

    Texts of one installation repeat the same words over and over. Each word is looked at once, and
    only a text with a word that holds a needle's longest word (its *anchor*) is searched for it.
    """

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._needles: dict[str, str] = {}
        self._anchors: dict[str, set[tuple[int, int]]] = {}  # to its place, their heads' length
        self._heads: dict[str, list[str]] = {}
        self._grams: dict[str, list[str]] = {}
        self._loose: list[str] = []
        self._clean: set[str] = set()
        self._clean_parts: set[str] = set()
        self._dirty: dict[str, tuple[str, ...]] = {}

    def __len__(self) -> int:
        return len(self._values)

    def learn(self, value: str) -> None:
        """Remember ``value`` as a site holds it, and what it means, if that is strong."""
        for form in (value, *unescaped(value)):
            self._learn_strong(form)
            text = decoded(form)
            if text is None or len(text) < MIN_GIVEN:
                continue
            self._learn_strong(text)
            # "Basic" and docker's "auth" are USER:PASSWORD.
            name, colon, password = text.partition(":")
            if colon and "\n" not in text and len(name) <= 100:
                self._learn_strong(password)

    def give(self, value: str) -> None:
        """Remember a value that the operator names, strong or not, from MIN_GIVEN characters."""
        if len(value) >= MIN_GIVEN:
            self._add(value)

    def canonical(self, value: str) -> str:
        """The learned value that ``value`` is an encoding of, else ``value``."""
        return self._needles.get(value, value)

    def possible(self, text: str) -> bool:
        """Whether :meth:`find` may find something in ``text``, or in what it is the JSON of."""
        return bool(self._needles) and self._suspect(text)

    def find(self, text: str) -> list[Found]:
        """Where learned values stand, in order, without overlaps."""
        if not self.possible(text):
            return []
        places = {
            (at, at + len(needle))
            for needle in self._loose
            for at in _places(text, needle, len(needle))
        }
        for word in _WORD.finditer(text):
            for anchor in self._dirty.get(word[0], ()):
                for at in _places(word[0], anchor, 1):
                    for before, length in self._anchors[anchor]:
                        start = word.start() + at - before
                        for needle in self._heads.get(text[max(0, start) : start + length], ()):
                            if start >= 0 and text.startswith(needle, start):
                                places.add((start, start + len(needle)))
        found: list[Found] = []
        for start, end in sorted(places, key=lambda place: (place[0], -place[1])):
            if not found or start >= found[-1].end:
                found.append(Found(start, end, self._needles[text[start:end]]))
        return found

    def _learn_strong(self, value: str) -> None:
        value = value.strip()
        if "\n" in value:
            for line in key_lines(value):
                self._add(line)
        if strong(value) and not plain(value):
            self._add(value)

    def _add(self, value: str) -> None:
        if value in self._values or len(value) > MAX_VALUE or len(self._values) >= MAX_VALUES:
            return
        self._values.add(value)
        for needle in needles(value):
            if needle in self._needles and needle != value:
                continue
            known = needle in self._needles
            self._needles[needle] = value
            if known:
                continue
            anchor = max(_WORD.findall(needle), key=len, default="")
            if not anchor:
                self._loose.append(needle)
                continue
            if anchor not in self._anchors:
                self._anchors[anchor] = set()
                middle = (len(anchor) - _GRAM) // 2
                self._grams.setdefault(anchor[middle : middle + _GRAM], []).append(anchor)
            head = needle[:_HEAD]
            self._heads.setdefault(head, []).append(needle)
            self._anchors[anchor].add((needle.index(anchor), len(head)))
        self._clean.clear()
        self._clean_parts.clear()
        self._dirty.clear()

    def _suspect(self, text: str) -> bool:
        """Whether at least the longest word of a needle is in ``text``; judges all its words."""
        loose = any(needle in text for needle in self._loose)
        parts = set(text.replace('"', "\n").split("\n"))
        parts -= self._clean_parts
        if not parts:
            return loose
        words = {word for part in parts for word in _WORD.findall(part)}
        new = words - self._clean
        new.difference_update(self._dirty)
        if new:
            self._judge(new)
        if words.isdisjoint(self._dirty):
            self._clean_parts |= parts
            return loose
        return True

    def _judge(self, words: Iterable[str]) -> None:
        """Sort new words into clean ones and those that hold an anchor."""
        if len(self._clean) > _MAX_WORDS:
            self._clean.clear()
            self._clean_parts.clear()
        for word in words:
            grams = {word[at : at + _GRAM] for at in range(len(word) - _GRAM + 1)}
            inside = tuple(
                a for gram in grams & self._grams.keys() for a in self._grams[gram] if a in word
            )
            if inside:
                self._dirty[word] = inside
            else:
                self._clean.add(word)


def _places(text: str, part: str, step: int) -> Iterator[int]:
    """Where ``part`` stands in ``text``, each at least ``step`` characters behind the other."""
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + step)
