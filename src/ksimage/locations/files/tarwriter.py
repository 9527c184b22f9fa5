"""A tar file whose bytes depend on its members and their order alone."""

from __future__ import annotations

import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from ksimage.errors import CannotWrite, MalformedImage
from ksimage.locations.files.staging import Staged, sweep


class TarWriter:
    """Append regular files (mode 0644, root, time 0) to a staged tar file.

    Args:
        destination: where :meth:`commit` puts it; until then only a staged file exists beside it.
        folders: members (mode 0755) to begin with. Where a file's folder is no member, skopeo and
            podman give it to root, which they cannot when another user runs them.

    Raises:
        CannotWrite.
    """

    def __init__(self, destination: Path, folders: Iterable[str] = ()) -> None:
        self._destination = destination
        sweep(destination.parent)
        self._staged = Staged(destination.parent)
        for name in folders:
            info = tarfile.TarInfo(name)
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            self._staged.write([info.tobuf(tarfile.GNU_FORMAT)])

    def add(self, name: str, size: int, chunks: Iterable[bytes]) -> None:
        """Append one file. Raises CannotWrite, and MalformedImage when ``size`` does not hold."""
        info = tarfile.TarInfo(name)
        info.size = size
        info.mode = 0o644
        # GNU headers: sizes beyond 8 GiB without a pax header; Docker and containerd read both.
        self._staged.write([info.tobuf(tarfile.GNU_FORMAT)])
        written = self._staged.write(chunks)
        if written != size:
            raise MalformedImage(name, f"{written} bytes instead of {size}")
        self._staged.write([bytes(-size % tarfile.BLOCKSIZE)])

    def commit(self) -> None:
        """End the archive and rename it over the destination. Raises CannotWrite."""
        self.finish()
        self._staged.commit(self._destination)

    def finish(self) -> BinaryIO:
        """End the archive; the staged file at its beginning, to be read. Raises CannotWrite."""
        self._staged.write([bytes(2 * tarfile.BLOCKSIZE)])
        try:
            self._staged.file.seek(0)
        except OSError as error:  # what was buffered does not fit
            raise CannotWrite(self._destination.parent, error) from error
        return self._staged.file

    def discard(self) -> None:
        """Remove the unfinished file. May be called twice, and after commit."""
        self._staged.discard()
