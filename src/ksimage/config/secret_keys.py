"""Keys whose value would be a credential: none of them may stand in a settings file."""

from __future__ import annotations

import re
from typing import Final

_SECRET = re.compile(
    r"(?:user(?:name)?|login|auths?|cred(?:ential)?s?|pass|pwd)|"
    r".*(?:passwo?r?d|passphrase|token|secret|api_?key|private_?key)s?",
    re.IGNORECASE | re.DOTALL,
)
ADVICE: Final = (
    "credentials have no place in this file: use docker login, or --username with "
    "--password-stdin, or KSIMAGE_USERNAME and KSIMAGE_PASSWORD from the CI system's secrets"
)


def is_secret(key: str) -> bool:
    """Whether a key's name says that its value is a credential."""
    return _SECRET.fullmatch(key.replace("-", "_")) is not None
