"""14: files on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors.base import KsimageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


MORE_SPACE = "free some space, or name a folder on a larger disk: export TMPDIR=DIR"


class FileError(KsimageError):
    """A file or folder cannot be read or written."""

    exit_code = 14


class CannotRead(FileError):
    """The operating system refused to read."""

    def __init__(self, path: object, error: OSError) -> None:
        super().__init__(f"cannot read {path}", why=error.strerror or str(error))


class CannotReport(FileError):
    """The file that a CI system named for outputs or a summary cannot be written."""

    def __init__(self, variable: str, error: OSError) -> None:
        super().__init__(
            f"cannot write the file that {variable} names",
            why=error.strerror or str(error),
            advice=[f"outside of the CI system: unset {variable}"],
        )


class CannotWrite(FileError):
    """The operating system refused to write."""

    next_step = "nothing was replaced; give another place"

    def __init__(self, path: object, error: OSError) -> None:
        super().__init__(
            f"cannot write {path}",
            why=error.strerror or str(error),
            advice=[self.next_step.format(path=path)],
        )


class RecordingCut(CannotWrite):
    """A recording could not be written to its end."""

    next_step = "what was saved until then can be read: ksimage watch {path}"


class CannotGather(CannotWrite):
    """What was to be collected first does not fit where temporary files lie."""

    next_step = MORE_SPACE


class FileExists(FileError):
    """Files that would be written are there already."""

    def __init__(
        self, paths: Sequence[str], advice: Iterable[str] = ("to replace: --force",)
    ) -> None:
        super().__init__(
            f"{', '.join(paths)} {'exists' if len(paths) == 1 else 'exist'} already",
            why="nothing was written",
            advice=advice,
        )


class NoSpace(FileError):
    """A temporary or final file would fill the disk."""

    def __init__(self, place: object, needed: int, free: int) -> None:
        super().__init__(
            f"not enough space in {place}",
            why=f"about {needed >> 20} MiB are needed, {free >> 20} MiB are free",
            advice=[MORE_SPACE],
        )


class NotEmpty(FileError):
    """A folder that is to hold a build context, and nothing else, holds something."""

    def __init__(self, directory: object) -> None:
        super().__init__(
            f"{directory} is not empty",
            why="whatever lies in a build context can end up in an image",
            advice=["give a new folder: -o DIR"],
        )


class NotOurs(FileError):
    """The destination exists and is no image of the wanted kind: it is left alone."""

    def __init__(self, path: object, wanted: str, why: str) -> None:
        super().__init__(
            f"{path} exists and is no {wanted}",
            why=why,
            advice=["give another path, or remove it yourself"],
        )


class SystemRefused(FileError):
    """The operating system refused something for which there is no better word here."""

    def __init__(self, error: OSError) -> None:
        place = f": {error.filename}" if error.filename else ""
        super().__init__(f"the operating system refused{place}", why=error.strerror or str(error))
