"""The ways in which one value may stand in a text: escaped, quoted, in base64."""

from __future__ import annotations

import base64
import json
import urllib.parse
from typing import Final
from xml.sax import saxutils

MIN_BASE64: Final = 10
"""Characters that a piece of base64 must have to be looked for: shorter ones are chance."""


def needles(value: str) -> set[str]:
    """All forms in which ``value`` is looked for.

    As it is; escaped for JSON once, twice and three times (with Go's ``\\u0026`` as well); for
    Python, YAML, XML and a shell's single quotes; quoted for URLs; in base64, wherever it begins
    in a longer text: three alignments.
    """
    escaped = _escaped(value)
    found = {value, *escaped}
    for _ in range(2):
        escaped = {again for form in escaped for again in _escaped(form)} - found
        found |= escaped
    found |= {
        repr(value)[1:-1],
        value.replace("'", "''"),
        value.replace("'", "'\\''"),
        value.replace("'", "\\'"),
        saxutils.escape(value, {'"': "&quot;"}),
    }
    found |= {form for text in {value, *_escaped(value)} for form in _base64(text)}
    data = _bytes(value)
    for safe in ("", "/", "!'()*~"):
        found.add(urllib.parse.quote(data, safe=safe))
        found.add(urllib.parse.quote_plus(data, safe=safe))
    return {form for form in found if form}


def unescaped(value: str) -> list[str]:
    """What ``value`` may mean where it stands within a JSON string, once to three times."""
    found = []
    for _ in range(3):
        if "\\" not in value:
            break
        try:
            value = json.loads(f'"{value}"')
        except ValueError:
            break
        found.append(value)
    return found


def decoded(value: str) -> str | None:
    """The text of which ``value`` is the base64; None where it is none."""
    text = "".join(value.split())
    if len(text) < 8 or len(text) % 4 or not text.isascii():
        return None
    try:
        result = base64.b64decode(text, validate=True).decode("utf-8")
    except ValueError:
        return None
    return result if all(c.isprintable() or c in "\r\n\t" for c in result) else None


def _escaped(text: str) -> set[str]:
    plain = json.dumps(text)[1:-1]
    go = plain.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")
    return {plain, go, json.dumps(text, ensure_ascii=False)[1:-1], plain.replace("/", "\\/")}


def _base64(text: str) -> set[str]:
    data = _bytes(text)
    found = set()
    for shift in range(3):
        whole = base64.b64encode(bytes(shift) + data).decode().rstrip("=")
        # The first characters depend on what stands before, the last one on what follows.
        first = (0, 2, 3)[shift]
        last = len(whole) - (1 if (len(data) + shift) % 3 else 0)
        core = whole[first:last]
        if len(core) >= MIN_BASE64:
            found |= {core, core.replace("+", "-").replace("/", "_")}
    exact = base64.b64encode(data).decode()
    if len(exact) >= MIN_BASE64:
        found.add(exact)
    return found


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape" if _escapable(text) else "replace")


def _escapable(text: str) -> bool:
    return all(not "\ud800" <= c <= "\udfff" or "\udc80" <= c <= "\udcff" for c in text)
