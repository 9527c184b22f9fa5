"""Digests: ``sha256:`` and 64 hex digits, the only kind that images are known by here."""

from __future__ import annotations

import hashlib
import re
from typing import Final

DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


def sha256(data: bytes) -> str:
    """``sha256:<hex>`` of ``data``."""
    return "sha256:" + hashlib.sha256(data).hexdigest()
