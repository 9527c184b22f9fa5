"""Files that appear whole or not at all.

A staged file is written beside its destination under a name of ours, synced, and renamed over it.
Its writer holds a lock on it, which the kernel drops with the process: whoever finds such a file
without a lock knows that its writer was killed, and removes it.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import closing, suppress
from pathlib import Path
from typing import BinaryIO

from ksimage.errors import CannotWrite, NoSpace

PREFIX = ".ksimage-"
RESERVE = 64 << 20
"""Bytes left free on a disk that we fill."""
_CHECK_EVERY = 64 << 20  # bytes between two looks at the free space


class Staged:
    """A file in the making.

    Args:
        directory: where to write; the same file system as the destination.

    Raises:
        CannotWrite.
    """

    def __init__(self, directory: Path) -> None:
        while True:
            self.path = directory / f"{PREFIX}{secrets.token_hex(8)}.part"
            try:
                # 0o666: the umask decides, as for any file the user makes (mkstemp forces 0600).
                descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o666)
            except OSError as error:
                raise CannotWrite(directory, error) from error
            lock(descriptor)
            if os.fstat(descriptor).st_nlink:
                break
            os.close(descriptor)  # swept between its creation and its lock
        self.file = os.fdopen(descriptor, "w+b", buffering=1 << 20)

    def write(self, chunks: Iterable[bytes]) -> int:
        """Append; returns the bytes written. Raises CannotWrite."""
        count = 0
        for chunk in chunks:
            try:
                self.file.write(chunk)
            except OSError as error:
                raise CannotWrite(self.path.parent, error) from error
            count += len(chunk)
        return count

    def commit(self, destination: Path) -> None:
        """Sync and rename over ``destination``. Raises CannotWrite, and then nothing is left."""
        try:
            self.file.flush()
            os.fsync(self.file.fileno())
            self.path.replace(destination)
            self.file.close()
            sync_directory(destination.parent)
        except OSError as error:
            self.close()
            raise CannotWrite(destination, error) from error

    def close(self) -> None:
        """Remove the file unless it was committed. May be called twice."""
        if not self.file.closed:
            self.path.unlink(missing_ok=True)
            with suppress(OSError):  # a full disk refuses the last flush of a file that is gone
                self.file.close()


def write_atomic(destination: Path, data: bytes) -> None:
    """Replace ``destination`` by ``data`` at once. Raises CannotWrite."""
    with closing(Staged(destination.parent)) as staged:
        staged.write([data])
        staged.commit(destination)


def write_new(destination: Path, data: bytes) -> None:
    """Make ``destination`` hold ``data`` unless it exists: of two writers one wins.

    Raises:
        CannotWrite.
    """
    with closing(Staged(destination.parent)) as staged:
        staged.write([data])
        try:
            staged.file.flush()
            os.fsync(staged.file.fileno())
            os.link(staged.path, destination)
        except OSError:
            if not os.path.lexists(destination):  # a file system without hard links
                staged.commit(destination)


def spooled(chunks: Iterable[bytes], size: int = 0) -> BinaryIO:
    """A temporary file without a name that holds ``chunks``, about ``size`` bytes where known.

    Raises:
        NoSpace, CannotWrite, and what ``chunks`` raises.
    """
    directory = Path(tempfile.gettempdir())
    require_space(directory, size)
    spool = tempfile.TemporaryFile(dir=directory, buffering=0)  # noqa: SIM115 (the caller closes)
    written = 0
    try:
        for chunk in chunks:
            if written // _CHECK_EVERY != (written + len(chunk)) // _CHECK_EVERY:
                require_space(directory, _CHECK_EVERY)
            written += len(chunk)
            try:
                spool.write(chunk)
            except OSError as error:
                raise CannotWrite(directory, error) from error
    except BaseException:
        spool.close()
        raise
    return spool


def sweep(directory: Path) -> None:
    """Remove staged files whose writers are gone."""
    for path in sorted(directory.glob(f"{PREFIX}*.part")):
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
        except OSError:  # locked: its writer lives
            continue
        finally:
            os.close(descriptor)


def lock(descriptor: int) -> None:
    """Wait for the file's lock. Where a file system has none, writers take their chances."""
    with suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def require_space(directory: Path, needed: int) -> None:
    """Raise NoSpace unless ``needed`` bytes fit in ``directory``, with a reserve."""
    free = shutil.disk_usage(directory).free
    if free < needed + RESERVE:
        raise NoSpace(directory, needed, free)


def sync_directory(directory: Path) -> None:
    """Make a rename in ``directory`` survive a power failure."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with suppress(OSError):  # network file systems may not sync folders
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace(path: Path, data: bytes) -> Path:
    """Replace a file that somebody else owns, at once and with its mode and owner.

    Make ``path`` hold ``data``; what it held stays beside it as ``<name>.orig``.

    An older ``.orig`` is left alone: ``.orig.1`` and so on are taken then. Of a symbolic link the
    file is replaced that it leads to.

    Returns:
        where the old file is kept.

    Raises:
        CannotWrite: and then nothing has changed.
    """
    try:
        real = path.resolve(strict=True)
        state = real.stat()
        with closing(Staged(real.parent)) as staged:
            with suppress(PermissionError):  # only root gives files away
                os.fchown(staged.file.fileno(), state.st_uid, state.st_gid)
            # Before the content: the file may hold passwords.
            os.fchmod(staged.file.fileno(), state.st_mode & 0o7777)
            staged.write([data])
            kept = keep(real)
            staged.commit(real)
            return kept
    except OSError as error:
        raise CannotWrite(path, error) from error


def keep(path: Path) -> Path:
    """Give a file a second name, ``<name>.orig`` or the next free one. Raises CannotWrite."""
    number = 0
    while True:
        kept = path.with_name(f"{path.name}.orig" + (f".{number}" if number else ""))
        try:
            os.link(path, kept)
        except OSError as error:
            if os.path.lexists(kept):
                number += 1
                continue
            try:  # a file system without hard links
                shutil.copy2(path, kept)
            except OSError:
                raise CannotWrite(kept, error) from error
        return kept
