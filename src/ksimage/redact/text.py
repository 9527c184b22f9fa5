"""All sites of secrets in one text, each rule tried only around its literals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ksimage.redact import commands, shapes
from ksimage.redact.assignments import CHINESE, named
from ksimage.redact.keys import TRIGGERS
from ksimage.redact.manifests import SECRET_TRIGGER, kubernetes_secrets
from ksimage.redact.site import Site, lowered
from ksimage.redact.values import TOKEN, plain, strong

if TYPE_CHECKING:
    from collections.abc import Iterator

_RULES: Final = (*shapes.RULES, *commands.RULES)

REACH: Final = 65_536
"""Characters at most between the beginning of what a rule looks at and the end of its site."""


def suspicious(text: str) -> bool:
    """Whether any rule could find something: much faster than looking."""
    low = lowered(text)
    return any(trigger in low for trigger in _TRIGGERS) or (
        not text.isascii() and any(word in text for word in CHINESE)
    )


def sites(text: str) -> list[Site]:
    """All sites in the order of their beginnings. They may overlap."""
    found = {
        (site.start, site.end): site
        for site in _all(text, lowered(text))
        if (strong(site.value) if not site.sure else not plain(site.value))
        and not TOKEN.fullmatch(site.value)
    }
    return [found[place] for place in sorted(found)]


def _all(text: str, low: str) -> Iterator[Site]:
    for rule in _RULES:
        for trigger in rule.triggers:
            at = low.find(trigger)
            while at >= 0:
                yield from rule.sites(text, at)
                at = low.find(trigger, at + len(trigger))
    at = low.find(shapes.PEM_TRIGGER)
    while at >= 0:
        yield from shapes.pem(text, at)
        at = low.find(shapes.PEM_TRIGGER, at + 1)
    if SECRET_TRIGGER in low:
        yield from kubernetes_secrets(text)
    yield from named(text, low)


_TRIGGERS: Final = tuple(
    dict.fromkeys(
        (*TRIGGERS, *(trigger for rule in _RULES for trigger in rule.triggers), SECRET_TRIGGER)
    )
)
