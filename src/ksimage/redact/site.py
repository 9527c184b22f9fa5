"""Places of secrets in a text, and the two ways in which rules find them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class Site(NamedTuple):
    """Where a secret stands: ``text[start:end]``.

    Attributes:
        rule: what found it; for counts.
        value: the secret itself, which may stand there in quotes' escapes or encoded.
        sure: false where only a strong value is worth hiding.
    """

    start: int
    end: int
    rule: str
    value: str
    sure: bool = True


CLUSTER: Final = 1024
"""Characters within which triggers are looked around at once: text that is full of them would be
searched over and over, and in one window as long as the text a pattern may take very long."""


class Rule(NamedTuple):
    """A pattern that is only tried around a literal, since trying it everywhere is slow.

    Attributes:
        name: for counts.
        triggers: lower-case ASCII literals; one of them is in every match.
        pattern: the group ``v`` is the secret.
        before, after: characters around the trigger in which the pattern is searched, at
            least; with nothing before, it begins with the trigger.
        sure: see :class:`Site`.
    """

    name: str
    triggers: tuple[str, ...]
    pattern: re.Pattern[str]
    before: int = 0
    after: int = 400
    sure: bool = True

    def sites(self, text: str, low: str) -> Iterator[Site]:
        """The sites in ``text``; ``low`` is the text in lower case."""
        if self.before:
            for start, end in windows(low, self.triggers, self.before, self.after):
                for found in self.pattern.finditer(text, start, end):
                    yield from self._site(found)
            return
        for trigger in self.triggers:
            yield from at_each(text, low, trigger, self._at)

    def _at(self, text: str, at: int) -> Iterator[Site]:
        if found := self.pattern.match(text, at, at + self.after):
            yield from self._site(found)

    def _site(self, found: re.Match[str]) -> Iterator[Site]:
        if found.end("v") > found.start("v"):
            yield Site(found.start("v"), found.end("v"), self.name, found["v"], self.sure)


def rule(
    name: str, triggers: str, pattern: str, before: int = 0, after: int = 400, sure: bool = True
) -> Rule:
    """A rule whose triggers are separated by ``|`` and whose pattern takes either case."""
    return Rule(
        name, tuple(triggers.split("|")), re.compile(pattern, re.IGNORECASE), before, after, sure
    )


def windows(
    low: str, triggers: Iterable[str], before: int, after: int
) -> Iterator[tuple[int, int]]:
    """What lies around the triggers in ``low``: start and end, each trigger in one of them."""
    places = sorted({at for trigger in triggers for at in _places(low, trigger)})
    first = last = -1
    for at in places:
        if first >= 0 and at - before <= last + after and at - first <= CLUSTER:
            last = at
            continue
        if first >= 0:
            yield max(0, first - before), last + after
        first = last = at
    if first >= 0:
        yield max(0, first - before), last + after


def _places(low: str, trigger: str) -> Iterator[int]:
    at = low.find(trigger)
    while at >= 0:
        yield at
        at = low.find(trigger, at + len(trigger))


def at_each(
    text: str, low: str, trigger: str, look: Callable[[str, int], Iterator[Site]]
) -> Iterator[Site]:
    """What ``look`` finds at each trigger that is not within what it found before."""
    at = low.find(trigger)
    while at >= 0:
        done = at + len(trigger)
        for site in look(text, at):
            done = max(done, site.end)
            yield site
        at = low.find(trigger, done)


def lowered(text: str) -> str:
    """``text`` with A to Z in lower case and every character in its place.

    ``str.lower`` makes two characters of some, and offsets would no longer fit.
    """
    if text.isascii():
        return text.lower()
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")
