"""One Bearer token, and how a token service hands it out."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from ksimage.errors import UnusableAnswer

if TYPE_CHECKING:
    from ksimage.locations.registry.http.wire import Answer

DEFAULT_LIFETIME = 60.0  # seconds of a token without expires_in (token specification)
_TOKEN = re.compile(r"[\x21-\x7e]{1,65536}")


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
    try:
        document = json.loads(answer.body)
        value = document.get("token") or document.get("access_token")
        lifetime = document.get("expires_in")
    except (ValueError, RecursionError, AttributeError):
        value = lifetime = None
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise UnusableAnswer(
            urlsplit(answer.url).netloc, "a request for a token", "it holds no token"
        )
    if not isinstance(lifetime, (int, float)) or isinstance(lifetime, bool) or lifetime <= 0:
        lifetime = DEFAULT_LIFETIME
    # renewed a little early: the registry's clock and the way there count too
    return Token(value, started + lifetime - min(10.0, lifetime / 10))
