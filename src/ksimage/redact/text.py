"""All sites of secrets in one text, each rule tried only around its literals."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.redact import shapes
from ksimage.redact.assignments import CHINESE, chinese, named, names
from ksimage.redact.documents import SECRET_TRIGGER, kubernetes_secrets
from ksimage.redact.site import Rule, Site, at_each, lowered
from ksimage.redact.values import TOKEN, plain, strong

if TYPE_CHECKING:
    from collections.abc import Iterator

_BY_TRIGGER: Final = tuple((trigger, rule) for rule in shapes.RULES for trigger in rule.triggers)
_CHINESE: Final = tuple(ascii(word)[1:-1] for word in CHINESE)  # as JSON has them
_HIDING = re.compile(r"\\u00[2-7]")
"""A printable ASCII character, escaped: what is escaped may be part of a trigger."""

MIN_BESIDE: Final = 4
"""Characters beside a token that make a site of their own."""
REACH: Final = 65_536
"""Characters at most between the beginning of what a rule looks at and the end of its site."""


class Relevant(NamedTuple):
    """What could find something in a text, and in any part of it."""

    rules: tuple[Rule, ...]
    names: bool
    urls: bool
    keys: bool
    chinese: bool

    def __bool__(self) -> bool:
        return bool(self.rules) or self.names or self.urls or self.keys or self.chinese


_ALL: Final = Relevant(shapes.RULES, True, True, True, True)
NOTHING: Final = Relevant((), False, False, False, False)

_MAX_REMEMBERED: Final = 8_000_000
"""Characters of texts between quotes that a :class:`Lookout` remembers."""


class Lookout:
    """Says which rules are worth trying in a text, much faster than trying them.

    The events of one installation repeat themselves: four of five texts between two quotes were
    there before. No trigger holds a quote or a line end, so each such part is looked at once.
    """

    def __init__(self) -> None:
        self._without: set[str] = set()
        self._with: dict[str, Relevant] = {}
        self._remembered = 0

    def relevant(self, text: str) -> Relevant:
        """What could find something in ``text``."""
        parts = set(parts_of(text))
        parts -= self._without
        if not parts:
            return NOTHING
        new = parts.difference(self._with)
        if new:
            self._remember(new)
        found = [looked for part in parts if (looked := self._with.get(part))]
        return _united(found) if found else NOTHING

    def _remember(self, parts: set[str]) -> None:
        if self._remembered > _MAX_REMEMBERED:
            self._without.clear()
            self._with.clear()
            self._remembered = 0
        joined = "\n".join(parts)
        self._remembered += len(joined)
        if not (looked := relevant(joined)):
            self._without |= parts
            return
        for part in parts:
            if looked := relevant(part):
                self._with[part] = looked
            else:
                self._without.add(part)


def parts_of(text: str) -> list[str]:
    """``text``, cut at quotes and line ends."""
    return text.replace('"', "\n").split("\n")


def _united(found: list[Relevant]) -> Relevant:
    if len(found) == 1:
        return found[0]
    return Relevant(
        tuple({rule: None for looked in found for rule in looked.rules}),
        any(looked.names for looked in found),
        any(looked.urls for looked in found),
        any(looked.keys for looked in found),
        any(looked.chinese for looked in found),
    )


def relevant(text: str) -> Relevant:
    """Which rules are worth trying in ``text``."""
    low = lowered(text)
    rules: list[Rule] = []
    for trigger, rule in _BY_TRIGGER:
        if trigger in low and rule not in rules:
            rules.append(rule)
    zh = not text.isascii() and any(word in text for word in CHINESE)
    if "\\u" in text:
        if "\\u00" in text and _HIDING.search(text):
            return _ALL
        zh = zh or any(word in low for word in _CHINESE)
    return Relevant(
        tuple(rules),
        next(names(text, low), None) is not None,
        shapes.URL_TRIGGER in low,
        shapes.PEM_TRIGGER in low,
        zh,
    )


def sites(text: str, looked: Relevant | None = None) -> list[Site]:
    """All sites in the order of their beginnings. They may overlap.

    Args:
        text: where to look.
        looked: what :func:`relevant` said of this text, or of one that holds it.
    """
    if looked is None:
        looked = relevant(text)
    if not looked:
        return []
    found = {
        (site.start, site.end): site
        for site in _all(text, lowered(text), looked)
        if (not plain(site.value) if site.sure else strong(site.value))
    }
    if found and "[redacted:" in text:
        tokens = [token.span() for token in TOKEN.finditer(text)]
        found = {place: site for place, site in found.items() if not _token(place, tokens)}
    return [found[place] for place in sorted(found)] if found else []


def _token(place: tuple[int, int], tokens: list[tuple[int, int]]) -> bool:
    """Whether a site is a token of an earlier redaction: a part of one, or little more than one."""
    start, end = place
    rest = end - start
    for first, last in tokens:
        if first < end and start < last:
            if start > first or end < last:
                return True
            rest -= last - first
    return rest < MIN_BESIDE and rest < end - start


def _all(text: str, low: str, looked: Relevant) -> Iterator[Site]:
    for rule in looked.rules:
        yield from rule.sites(text, low)
    if looked.urls:
        yield from at_each(text, low, shapes.SCHEME, shapes.url)
    if looked.keys:
        yield from at_each(text, low, shapes.PEM_TRIGGER, shapes.pem)
    if looked.names:
        if SECRET_TRIGGER in low:
            yield from kubernetes_secrets(text)
        yield from named(text, low)
    if looked.chinese:
        yield from chinese(text)
