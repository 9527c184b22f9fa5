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
_DOCUMENT = re.compile(r"^---", re.MULTILINE)
PUBLIC: Final = {"ca.crt", "tls.crt", "namespace", "service-ca.crt", "caBundle", "username"}
"""Keys in Secrets whose values are no secrets."""
_WINDOW: Final = 32_768


def kubernetes_secrets(text: str) -> Iterator[Site]:
    """The values below ``data`` and ``stringData`` of each Secret."""
    for kind in _KIND.finditer(text):
        first, last = max(0, kind.start() - _WINDOW), kind.end() + _WINDOW
        for bound in _DOCUMENT.finditer(text, first, last):
            if bound.start() < kind.start():
                first = bound.end()
            else:
                last = bound.start()
                break
        depth = len(kind["indent"])
        for data in _DATA.finditer(text, first, last):
            if len(data["indent"]) == depth:
                yield from _items(text, data.end() + 1, depth)


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
