"""Read a bundle, or any tar (gzip or plain) of a results folder, that nobody vouches for.

Nothing is ever unpacked: entries are read one after the other in bounded memory. What no honest
bundle holds (links, devices, absolute paths, ``..``, one path twice, bombs) is refused in words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ksimage.errors import BundleUnusable, CannotRead, MalformedImage
from ksimage.images import tar
from ksimage.images.compression import decompress
from ksimage.objects import json_object
from ksimage.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import NoReturn

TOP: Final = "ksimage-bundle"
"""The one folder at the top of a bundle. It is left out of the paths of entries."""
MANIFEST: Final = "MANIFEST.json"
"""The last entry, at the top: without it, the bundle is not whole."""
RESULTS: Final = "results"
"""Below it lies what the pod has in /kubesphere/results."""

MAX_ENTRIES: Final = 300_000
MAX_BYTES: Final = 4 << 30
"""Of all entries together, unpacked."""
MAX_MANIFEST: Final = 64 << 20
MAX_PATH: Final = 1024
"""Characters of an entry's path."""

_READ = 256 << 10


class Entry:
    """One regular file in a bundle; to be read once, and before the next entry is asked for.

    Attributes:
        path: relative, ``/`` between its parts, without TOP. Its characters are hostile.
        size: bytes.
        mtime: when the file was changed last, in whole seconds since 1970.
    """

    def __init__(self, bundle: Path, path: str, member: tar.Member) -> None:
        self._bundle = bundle
        self._member = member
        self.path = path
        self.size = member.size
        self.mtime = member.mtime

    def read(self, limit: int = 64 << 20) -> bytes:
        """The whole content.

        Raises:
            BundleUnusable: it has more than ``limit`` bytes, or the archive ends within it.
        """
        try:
            return self._member.read(limit)
        except MalformedImage as error:
            raise _unusable(self._bundle, error) from None

    def pieces(self) -> Iterator[bytes]:
        """The content in pieces of at most 1 MiB. Raises BundleUnusable."""
        try:
            yield from self._member.pieces()
        except MalformedImage as error:
            raise _unusable(self._bundle, error) from None


class Bundle:
    """A bundle's file. Every call of :meth:`entries` reads it anew from the beginning."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def entries(self) -> Iterator[Entry]:
        """Its regular files in the order in which they were put there.

        Raises:
            BundleUnusable: damaged, cut, beyond the bounds, or it holds what no bundle holds.
            CannotRead: the operating system refused.
        """
        seen: set[str] = set()
        total = 0
        try:
            for member in tar.members(str(self.path), self._stream()):
                path = self._path(member)
                if member.kind is tar.Kind.DIRECTORY:
                    continue
                if member.kind is not tar.Kind.FILE:
                    self._refuse(f"{printable(path)} is a {member.kind.value}, not a file")
                if path in seen:
                    self._refuse(f"{printable(path)} is in it twice")
                seen.add(path)
                total += member.size
                if len(seen) > MAX_ENTRIES:
                    self._refuse(f"it holds more than {MAX_ENTRIES} files")
                if total > MAX_BYTES:
                    self._refuse(f"it holds more than {MAX_BYTES >> 30} GiB")
                yield Entry(self.path, path, member)
        except MalformedImage as error:
            raise _unusable(self.path, error) from None

    def manifest(self) -> dict[str, object] | None:
        """What MANIFEST.json says; None where there is none (somebody's own tar, or a cut bundle).

        Raises:
            BundleUnusable: as :meth:`entries`, or the manifest is no JSON object.
            CannotRead.
        """
        for entry in self.entries():
            if entry.path != MANIFEST:
                continue
            found = json_object(entry.read(MAX_MANIFEST))
            if found is None:
                self._refuse(f"{MANIFEST} is no JSON object")
            return found
        return None

    def _stream(self) -> Iterator[bytes]:
        try:
            with self.path.open("rb") as file:
                chunks = iter(lambda: file.read(_READ), b"")
                yield from decompress(
                    str(self.path), chunks, what="the bundle", limit=2 * MAX_BYTES
                )
        except OSError as error:
            raise CannotRead(self.path, error) from error

    def _path(self, member: tar.Member) -> str:
        """The member's path, relative and normal, without TOP."""
        name = member.name
        if name.startswith("/"):
            self._refuse(f"{printable(name)} is an absolute path")
        if len(name) > MAX_PATH:
            self._refuse(f"a path of {len(name)} characters")
        parts = [part for part in name.split("/") if part not in ("", ".")]
        if ".." in parts:
            self._refuse(f"{printable(name)} leads out of the bundle")
        if "\\" in name or "\0" in name:
            self._refuse(f"{printable(name)} is no path that an installer has")
        if parts[:1] == [TOP]:
            parts = parts[1:]
        if not parts and member.kind is not tar.Kind.DIRECTORY:
            self._refuse("a file has no name")
        return "/".join(parts)

    def _refuse(self, why: str) -> NoReturn:
        raise BundleUnusable(self.path, why)


def open_bundle(path: Path) -> Bundle:
    """A bundle of ``ksimage collect``, or a tar of a results folder, after a look at its beginning.

    Raises:
        BundleUnusable: it is no tar, or begins with what no bundle holds.
        CannotRead: it does not exist or cannot be read.
    """
    bundle = Bundle(path)
    if not path.is_file():  # a folder, or a pipe, which cannot be read twice
        raise BundleUnusable(
            path, "it is no regular file" if path.exists() else "it does not exist"
        )
    if next(bundle.entries(), None) is None:
        raise BundleUnusable(path, "there is no file in it")
    return bundle


def _unusable(path: Path, error: MalformedImage) -> BundleUnusable:
    # The reader of layers says "a layer"; here it is the bundle.
    return BundleUnusable(path, error.why.replace("a layer", "the bundle"))
