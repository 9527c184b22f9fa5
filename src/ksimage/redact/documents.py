"""Secrets in parsed JSON (by key, in environment lists, in Secrets, in argument lists), and Secrets
of Kubernetes in YAML, as ``kubectl get secret -o yaml`` prints them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ksimage.redact.keys import KeyKind, kind_of
from ksimage.redact.site import Site
from ksimage.redact.values import plain, strong

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]
"""What json.loads gives."""

MIN_NUMBER: Final = 10_000
"""A number below a password's key is a secret from five digits on."""


def rewrite(document: Json, secret: Callable[[str], str], text: Callable[[str], str]) -> Json:
    """``document`` with each string replaced.

    Args:
        document: as parsed.
        secret: what to put in the place of a string that is a secret as a whole.
        text: what to put in the place of any other string, keys included.

    Raises:
        RecursionError: nested too deeply.
    """
    return _Rewriter(secret, text).value(document)


class _Rewriter:
    def __init__(self, secret: Callable[[str], str], text: Callable[[str], str]) -> None:
        self._secret = secret
        self._text = text

    def value(self, item: Json) -> Json:
        if isinstance(item, str):
            return self._text(item)
        if isinstance(item, dict):
            return self._object(item)
        if isinstance(item, list):
            return self._list(item)
        return item

    def _object(self, item: dict[str, Json]) -> dict[str, Json]:
        whole = item.get("kind") == "Secret"
        named = self._named(item)
        made: dict[str, Json] = {}
        for key, value in item.items():
            if whole and key in ("data", "stringData") and isinstance(value, dict):
                made[key] = {
                    name: v if name in PUBLIC else self._hidden(v, KeyKind.PASSWORD)
                    for name, v in value.items()
                }
            elif key == "value" and named is not KeyKind.NONE:
                made[key] = self._hidden(value, named)
            elif (kind := kind_of(key)) is not KeyKind.NONE:
                made[self._text(key)] = self._hidden(value, kind, auth=key == "auth")
            else:
                made[self._text(key)] = self.value(value)
        return made

    def _named(self, item: dict[str, Json]) -> KeyKind:
        """``{"name": "X_PASSWORD", "value": …}``, as environments are given."""
        name = item.get("name", item.get("key"))
        return kind_of(name) if isinstance(name, str) and "value" in item else KeyKind.NONE

    def _list(self, items: list[Json]) -> list[Json]:
        made: list[Json] = []
        flag = KeyKind.NONE
        for item in items:
            if flag is not KeyKind.NONE and isinstance(item, str) and not item.startswith("-"):
                made.append(self._hidden(item, flag))
                flag = KeyKind.NONE
                continue
            made.append(self.value(item))
            option = isinstance(item, str) and item.startswith("-") and "=" not in item
            flag = kind_of(item.lstrip("-")) if option and isinstance(item, str) else KeyKind.NONE
        return made

    def _hidden(self, value: Json, kind: KeyKind, auth: bool = False) -> Json:
        """A value below a key of this kind."""
        if isinstance(value, str):
            # A whole document in a string is read as text: only its secrets are hidden.
            is_text = len(value.split()) > 3 and "PRIVATE KEY" not in value
            if plain(value) or (is_text and kind is KeyKind.AMBIGUOUS):
                return self._text(value)
            if kind is KeyKind.PASSWORD or strong(value) or auth:
                return self._secret(value)
            return self._text(value)
        number = isinstance(value, int) and not isinstance(value, bool)
        if number and kind is KeyKind.PASSWORD and abs(int(str(value))) >= MIN_NUMBER:
            return self._secret(str(value))
        if isinstance(value, list) and kind is KeyKind.PASSWORD:
            return [self._hidden(item, kind) for item in value]
        return self.value(value)


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
