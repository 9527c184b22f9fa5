"""Which names have a secret as their value: ``MINIO_ROOT_PASSWORD``, ``jwtSecret``, ``--token``.

A name is read word by word and judged by its last word, so that ``secretName`` and ``tokenReview``
are what they are.
"""

from __future__ import annotations

import re
from enum import Enum
from functools import lru_cache
from typing import Final


class KeyKind(Enum):
    """How much a name says about its value."""

    NONE = "none"
    AMBIGUOUS = "ambiguous"
    """``token``, ``secret``: a secret, or the name of one."""
    PASSWORD = "password"
    """Whatever stands there is secret, however weak."""


_PASSWORD: Final = (
    "password", "passwd", "passphrase", "passcode", "pwd", "passwort", "requirepass", "masterauth",
    "bindpw", "rootpw", "authtok", "dockerconfigjson", "dockercfg",
)  # fmt: skip
_PASSWORD_WORDS: Final = {"pass", "pw", "psw", "passwords", "userpw"}
_NOT_PASS: Final = {"bypass", "compass", "trespass", "encompass", "surpass"}
_AMBIGUOUS: Final = (
    "secret", "token", "apikey", "accesskey", "secretkey", "privatekey", "credential",
    "credentials", "jwt", "cookie", "sshkey", "authorization",
)  # fmt: skip
_AMBIGUOUS_WORDS: Final = {"auth", "signature", "jsessionid", "sessionid"}
_KEY_OF: Final = {
    "api", "access", "secret", "private", "encryption", "encrypt", "client", "signing", "sign",
    "auth", "master", "account", "shared", "certificate", "app", "hmac", "aes", "ssh", "license",
    "tls", "cert", "storage",
}  # fmt: skip
_TRAILING: Final = {
    "data", "value", "string", "hash", "plain", "plaintext", "encrypted", "base64", "b64", "raw",
    "text", "new", "old", "current", "default", "id",
}  # fmt: skip
"""Words behind the one that tells: ``client-key-data``. ``id`` counts for access keys only."""
_NAMES_OF_SECRETS: Final = {
    "existing", "pull", "image", "images", "automount", "public", "page", "continue", "next", "max",
    "min", "num", "csi", "use", "enable", "disable", "has", "require", "allow", "create", "no",
    "skip", "checksum",
}  # fmt: skip
"""Words before it that make it a name, a number or a switch: ``imagePullSecret``."""

TRIGGERS: Final = (
    "pass", "pw", "psw", "secret", "token", "jwt", "auth", "key", "credential", "dockerc", "cookie",
    "signature", "sessionid",
)  # fmt: skip
"""Lower-case literals, one of which is in every name that is judged secret."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
MAX_NAME: Final = 100
"""Longer names are none."""


@lru_cache(maxsize=4096)
def kind_of(name: str) -> KeyKind:
    """What the value of something called ``name`` is."""
    if len(name) > MAX_NAME:
        return KeyKind.NONE
    words = [word.lower() for word in _WORD.findall(name)]
    while words and (words[-1].isdigit() or words[-1] in _TRAILING):
        if words[-1] == "id" and words[-2:-1] != ["key"]:
            return KeyKind.NONE
        words.pop()
    if not words:
        return KeyKind.NONE
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last.endswith(_PASSWORD) or last in _PASSWORD_WORDS or _is_pass(last):
        return KeyKind.NONE if _NAMES_OF_SECRETS & set(words[:-1]) else KeyKind.PASSWORD
    if (
        last.endswith(_AMBIGUOUS)
        or last in _AMBIGUOUS_WORDS
        or (last == "key" and before in _KEY_OF)
    ):
        return KeyKind.NONE if _NAMES_OF_SECRETS & set(words[:-1]) else KeyKind.AMBIGUOUS
    return KeyKind.NONE


def _is_pass(word: str) -> bool:
    return word.endswith("pass") and word not in _NOT_PASS
