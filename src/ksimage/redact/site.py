"""Places of secrets in a text, and the two ways in which rules find them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator


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


class Rule(NamedTuple):
    """A pattern that is only tried around a literal, since trying it everywhere is slow.

    Attributes:
        name: for counts.
        triggers: lower-case ASCII literals; one of them is in every match.
        pattern: the group ``v`` is the secret.
        before, after: characters around the trigger in which the pattern is searched; with
            nothing before, it begins with the trigger.
        sure: see :class:`Site`.
    """

    name: str
    triggers: tuple[str, ...]
    pattern: re.Pattern[str]
    before: int = 0
    after: int = 400
    sure: bool = True

    def sites(self, text: str, at: int) -> Iterator[Site]:
        """The sites around the trigger at ``at``."""
        start, end = max(0, at - self.before), at + self.after
        if self.before:
            places = self.pattern.finditer(text, start, end)
        else:
            first = self.pattern.match(text, at, end)
            places = iter((first,) if first else ())
        for found in places:
            if found.end("v") > found.start("v"):
                yield Site(found.start("v"), found.end("v"), self.name, found["v"], self.sure)


def rule(
    name: str, triggers: str, pattern: str, before: int = 0, after: int = 400, sure: bool = True
) -> Rule:
    """A rule whose triggers are separated by ``|`` and whose pattern takes either case."""
    return Rule(
        name, tuple(triggers.split("|")), re.compile(pattern, re.IGNORECASE), before, after, sure
    )


def lowered(text: str) -> str:
    """``text`` with A to Z in lower case and every character in its place.

    ``str.lower`` makes two characters of some, and offsets would no longer fit.
    """
    if text.isascii():
        return text.lower()
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")
