"""Secrets of Kubernetes in YAML, as ``kubectl get secret -o yaml`` prints them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ksimage.redact.site import Site
from ksimage.redact.values import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

SECRET_TRIGGER: Final = "secret"

_KIND = re.compile(r"^(?P<indent>[ -]*)kind:[ \t]*[\"']?Secret[\"']?[ \t]*$", re.MULTILINE)
_DATA = re.compile(r"^(?P<indent>[ -]*)(?:data|stringData):[ \t]*$", re.MULTILINE)
_ITEM = re.compile(r"(?P<indent> *)(?P<k>[\w.-]+):[ \t]*(?P<v>\S.*?)[ \t]*$")
PUBLIC: Final = {"ca.crt", "tls.crt", "namespace", "service-ca.crt", "caBundle", "username"}
"""Keys in Secrets whose values are no secrets."""
_WINDOW: Final = 32_768


def kubernetes_secrets(text: str) -> Iterator[Site]:
    """The values below ``data`` and ``stringData`` of each Secret."""
    done = -1
    for kind in _KIND.finditer(text):
        if kind.start() < done:
            continue  # two kinds in one object, which is none
        depth = len(kind["indent"])
        first, done = _bounds(text, kind.start(), kind.end(), depth)
        for data in _DATA.finditer(text, first, done):
            if len(data["indent"]) == depth:
                yield from _items(text, data.end() + 1, depth)


def _bounds(text: str, start: int, end: int, depth: int) -> tuple[int, int]:
    """Where the object begins and ends whose kind stands there: a document, or a list's item."""
    first, last = max(0, start - _WINDOW), min(len(text), end + _WINDOW)
    marks = ["\n---"]
    if depth >= 2:
        marks.insert(0, "\n" + " " * (depth - 2) + "- ")  # the nearer one
    for mark in marks:
        if (before := text.rfind(mark, first, start)) >= 0:
            first = before + 1
        if (after := text.find(mark, end, last)) >= 0:
            last = after
    return first, last


def _items(text: str, at: int, depth: int) -> Iterator[Site]:
    for _ in range(500):
        end = text.find("\n", at)
        line = text[at : end if end >= 0 else len(text)]
        item = _ITEM.match(line)
        if item is None or len(item["indent"]) <= depth:
            return
        value = item["v"].partition(" #")[0].rstrip().strip("\"'")
        if item["k"] not in PUBLIC and not plain(value):
            start = at + line.find(value, item.start("v"))
            yield Site(start, start + len(value), "Secret", value)
        if end < 0:
            return
        at = end + 1
