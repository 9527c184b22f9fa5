"""``WWW-Authenticate`` headers (RFC 9110 §11.6.1), written by servers that may be hostile."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

MAX_HEADER = 16 << 10

_TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PART = re.compile(
    rf'[\s,]*(?P<name>{_TOKEN})\s*=\s*(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<bare>[^\s,"]*))'
)
_SCHEME = re.compile(rf"[\s,]*(?P<scheme>{_TOKEN})(?=\s|,|$)")


class Challenge(NamedTuple):
    """One scheme that the server offers; ``scheme`` and parameter names are lower case."""

    scheme: str
    parameters: Mapping[str, str]


def parse_challenges(headers: Iterable[str]) -> list[Challenge]:
    """All challenges, in order. What cannot be parsed ends its header, without an error."""
    found: list[Challenge] = []
    for header in headers:
        text = header[:MAX_HEADER]
        position = 0
        parameters: dict[str, str] | None = None
        while position < len(text):
            match = _PART.match(text, position)
            if match and parameters is not None:
                value = match["quoted"]
                value = re.sub(r"\\(.)", r"\1", value) if value is not None else match["bare"]
                parameters.setdefault(match["name"].lower(), value)
            else:
                match = _SCHEME.match(text, position)
                if not match:
                    break
                parameters = {}
                found.append(Challenge(match["scheme"].lower(), parameters))
            position = match.end()
    return found
