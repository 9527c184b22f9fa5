"""A login, wherever it was found."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Credentials:
    """A login. Its repr shows no secret.

    Attributes:
        origin: where it came from, for people.
        key: what it is filed under there: a host, or a repository; "" when that is not known.
        username: for Basic; "" when only a token is known.
        secret: the password.
        identity_token: a refresh token for the registry's token service.
        registry_token: a ready Bearer token.
    """

    origin: str
    username: str = ""
    secret: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)
    key: str = ""

    @property
    def basic(self) -> str | None:
        """The value of an Authorization header, or None without user name and password."""
        if not self.username or not self.secret:
            return None
        pair = f"{self.username}:{self.secret}".encode()
        return "Basic " + base64.b64encode(pair).decode("ascii")
