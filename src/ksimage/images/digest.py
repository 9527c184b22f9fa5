"""Digests: ``sha256:`` and 64 hex digits, the only kind that images are known by here."""

from __future__ import annotations

import hashlib
import re
from typing import BinaryIO, Final

DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


def sha256(data: bytes) -> str:
    """``sha256:<hex>`` of ``data``."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def measured(file: BinaryIO) -> tuple[int, str]:
    """Bytes of a whole file, and their sha256 in hex digits alone."""
    file.seek(0)
    digest, size = hashlib.sha256(), 0
    while data := file.read(1 << 20):
        digest.update(data)
        size += len(data)
    return size, digest.hexdigest()
