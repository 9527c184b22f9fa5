"""What servers say about logins: ``WWW-Authenticate`` headers (RFC 9110 §11.6.1) and the answers of
token services. Either may be hostile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from ksimage.errors import UnusableAnswer
from ksimage.objects import at, json_object, text

if TYPE_CHECKING:
    from ksimage.locations.registry.http.wire import Answer

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


DEFAULT_LIFETIME = 60.0  # seconds of a token without expires_in (token specification)
_VALUE = re.compile(r"[\x21-\x7e]{1,65536}")


@dataclass(frozen=True)
class Token:
    """A token. Its repr shows no secret; ``good_until`` in monotonic seconds."""

    value: str = field(repr=False)
    good_until: float = 0.0


def read_token(answer: Answer, started: float) -> Token:
    """The token of a token service's answer.

    Args:
        started: when it was asked for, in monotonic seconds.

    Raises:
        UnusableAnswer
    """
    document = json_object(answer.body)
    value = text(document, "token") or text(document, "access_token")
    lifetime = at(document, "expires_in")
    if not _VALUE.fullmatch(value):
        raise UnusableAnswer(
            urlsplit(answer.url).netloc, "a request for a token", "it holds no token"
        )
    if not isinstance(lifetime, (int, float)) or isinstance(lifetime, bool) or lifetime <= 0:
        lifetime = DEFAULT_LIFETIME
    # renewed a little early: the registry's clock and the way there count too
    return Token(value, started + lifetime - min(10.0, lifetime / 10))
