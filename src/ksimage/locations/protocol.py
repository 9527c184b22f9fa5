"""What every place where images live must be able to do.

A :class:`Source` reads one image, a :class:`Target` receives one. A derived image is itself a
Source (``locations/views.py``), so that copying and proving work on any of them alike.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol, runtime_checkable

if TYPE_CHECKING:
    from ksimage.images.manifest import Descriptor

CHUNK = 256 << 10
"""Bytes handed on at once; memory stays bounded whatever a layer's size."""


class Outcome(Enum):
    """What putting a blob took."""

    PRESENT = "present"  # the target had it
    MOUNTED = "mounted"  # the registry linked it from another repository
    SENT = "sent"  # its bytes went over


class Transfer(NamedTuple):
    """One blob's way into a target. ``sent``: bytes that went over, retries included."""

    descriptor: Descriptor
    outcome: Outcome
    sent: int = 0


class Source(Protocol):
    """One image at one place, read only. Everything it hands out is verified."""

    @property
    def name(self) -> str:
        """The location as a user would type it."""

    def top(self) -> Descriptor:
        """Descriptor of the manifest or index that the reference points to.

        Raises:
            ImageNotFound, RegistryError, AuthError, MalformedImage.
        """

    def manifest(self, descriptor: Descriptor) -> bytes:
        """A manifest's or index's bytes, checked against digest and size (<= MAX_MANIFEST)."""

    def blob(
        self, descriptor: Descriptor, offset: int = 0
    ) -> AbstractContextManager[Iterator[bytes]]:
        """Stream a blob from ``offset`` in chunks of at most CHUNK bytes.

        From offset 0 the digest and size are checked: exhausting the iterator raises
        DigestMismatch when they do not hold. With an offset the caller checks.
        """

    def home(self, descriptor: Descriptor) -> Source:
        """The source that really holds the blob (itself, but for an overlay)."""

    def close(self) -> None:
        """Give back connections and temporary files. May be called twice."""


class Target(Protocol):
    """One image's destination. Nothing is visible under its name before :meth:`tag`."""

    @property
    def name(self) -> str:
        """The location as a user would type it."""

    @property
    def max_jobs(self) -> int | None:
        """How many blobs it takes at once at most; None for any number."""

    def platform(self) -> str | None:
        """None where an index is taken whole. Else one platform is taken out of it: this one, or
        for "" the only one that is there.
        """

    def held(self) -> Descriptor | None:
        """What the name points to now, or None."""

    def put_blob(self, descriptor: Descriptor, source: Source) -> Transfer:
        """Make the blob exist in the target, moving as little as possible. Thread-safe."""

    def put_manifest(self, descriptor: Descriptor, data: bytes) -> None:
        """Store a manifest by digest, without a tag. All that it points to is there already."""

    def tag(self, descriptor: Descriptor, data: bytes) -> None:
        """Point the name at this manifest or index: the last step, and an atomic one."""

    def close(self) -> None:
        """Finish files, give back connections. A target that was never tagged leaves nothing."""


@runtime_checkable
class Listing(Protocol):
    """A source at a place that holds several images by name."""

    def names(self) -> list[str]:
        """Their names, each of them a location's REF."""
