"""Replace a file that somebody else owns: at once, with its mode and owner, the old one kept."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from ksimage.errors import CannotWrite
from ksimage.locations.files.staging import Staged


def replace(path: Path, data: bytes) -> Path:
    """Make ``path`` hold ``data``; what it held stays beside it as ``<name>.orig``.

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
    except OSError as error:
        raise CannotWrite(path, error) from error
    staged = Staged(real.parent)
    try:
        with suppress(PermissionError):  # only root gives files away
            os.fchown(staged.file.fileno(), state.st_uid, state.st_gid)
        # Before the content: the file may hold passwords.
        os.fchmod(staged.file.fileno(), state.st_mode & 0o7777)
        staged.write([data])
        kept = keep(real)
        staged.commit(real)
    except OSError as error:
        raise CannotWrite(path, error) from error
    finally:
        staged.discard()
    return kept


def keep(path: Path) -> Path:
    """Give a file a second name, ``<name>.orig`` or the next free one. Raises CannotWrite."""
    number = 0
    while True:
        kept = path.with_name(f"{path.name}.orig" + (f".{number}" if number else ""))
        try:
            os.link(path, kept)
        except FileExistsError:
            number += 1
            continue
        except OSError as error:
            if kept.exists():
                number += 1
                continue
            try:  # a file system without hard links
                shutil.copy2(path, kept)
            except OSError:
                raise CannotWrite(kept, error) from error
        return kept
