"""Streams that prove what they carry."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from ksimage.errors import DigestMismatch, MalformedImage
from ksimage.images.manifest import MAX_MANIFEST, Descriptor


def checked(name: str, descriptor: Descriptor, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Hand on ``chunks``; never more than the descriptor's size, and all of it or an error.

    The last chunk is held back until the digest is known to hold, so that a reader who got
    everything got the right thing.

    Raises:
        DigestMismatch: other bytes, or another size.
    """
    hasher = hashlib.sha256()
    count = 0
    held: bytes | None = None
    for chunk in chunks:
        count += len(chunk)
        if count > descriptor.size:
            raise DigestMismatch(
                name, f"{descriptor.size} bytes for {descriptor.digest}", "more than that"
            )
        hasher.update(chunk)
        if held is not None:
            yield held
        held = chunk
    if count != descriptor.size:
        raise DigestMismatch(
            name, f"{descriptor.size} bytes for {descriptor.digest}", f"{count} bytes"
        )
    actual = f"sha256:{hasher.hexdigest()}"
    if actual != descriptor.digest:
        raise DigestMismatch(name, descriptor.digest, actual)
    if held is not None:
        yield held


def checked_manifest(name: str, descriptor: Descriptor, chunks: Iterable[bytes]) -> bytes:
    """A whole manifest of at most MAX_MANIFEST bytes. Raises MalformedImage, DigestMismatch."""
    require_manifest(name, descriptor)
    return b"".join(checked(name, descriptor, chunks))


def require_manifest(name: str, descriptor: Descriptor) -> None:
    """Refuse a manifest of more than MAX_MANIFEST bytes. Raises MalformedImage."""
    if descriptor.size > MAX_MANIFEST:
        raise MalformedImage(
            name, f"a manifest of {descriptor.size} bytes (at most {MAX_MANIFEST} are accepted)"
        )


def require_small(name: str, path: str, size: int, limit: int) -> None:
    """Refuse a file of more than ``limit`` bytes. Raises MalformedImage."""
    if size > limit:
        raise MalformedImage(name, f"{path} has {size} bytes (at most {limit} are accepted)")
