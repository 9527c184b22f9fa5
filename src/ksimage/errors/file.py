"""14 and 21: files on this machine, and bundles of `ksimage collect` among them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors.base import KsimageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_MORE_SPACE = "free some space, or name a folder on a larger disk: export TMPDIR=DIR"


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
        self.message = f"cannot write the file that {variable} names"
        self.why = error.strerror or str(error)
        self.advice = [f"outside of the CI system: unset {variable}"]


class CannotWrite(FileError):
    """The operating system refused to write."""

    next_step = "nothing was replaced; give another place"

    def __init__(self, path: object, error: OSError) -> None:
        self.message = f"cannot write {path}"
        self.why = error.strerror or str(error)
        self.advice = [self.next_step.format(path=path)]


class RecordingCut(CannotWrite):
    """A recording could not be written to its end."""

    next_step = "what was saved until then can be read: ksimage watch {path}"


class CannotGather(CannotWrite):
    """What was to be collected first does not fit where temporary files lie."""

    next_step = _MORE_SPACE


class FileExists(FileError):
    """Files that would be written are there already."""

    def __init__(
        self, paths: Sequence[str], advice: Sequence[str] = ("to replace: --force",)
    ) -> None:
        self.message = f"{', '.join(paths)} {'exists' if len(paths) == 1 else 'exist'} already"
        self.why = "nothing was written"
        self.advice = advice


class NoSpace(FileError):
    """A temporary or final file would fill the disk."""

    def __init__(self, place: object, needed: int, free: int) -> None:
        self.message = f"not enough space in {place}"
        self.why = f"about {needed >> 20} MiB are needed, {free >> 20} MiB are free"
        self.advice = [_MORE_SPACE]


class NotEmpty(FileError):
    """A folder that is to hold a build context, and nothing else, holds something."""

    def __init__(self, directory: object) -> None:
        self.message = f"{directory} is not empty"
        self.why = "whatever lies in a build context can end up in an image"
        self.advice = ["give a new folder: -o DIR"]


class NotOurs(FileError):
    """The destination exists and is no image of the wanted kind: it is left alone."""

    def __init__(self, path: object, wanted: str, why: str) -> None:
        self.message = f"{path} exists and is no {wanted}"
        self.why = why
        self.advice = ["give another path, or remove it yourself"]


class SystemRefused(FileError):
    """The operating system refused something for which there is no better word here."""

    def __init__(self, error: OSError) -> None:
        place = f": {error.filename}" if error.filename else ""
        super().__init__(f"the operating system refused{place}", why=error.strerror or str(error))


class NoResults(FileError):
    """A folder that should hold ansible-runner's results holds none."""

    def __init__(self, path: Path) -> None:
        why = "there is no such folder"
        if path.is_dir():
            why = "a results folder has <component>/<ident>/job_events below it"
        elif path.exists():
            why = "it is no folder"
        self.message = f"no installation's results in {path}"
        self.why = why
        self.advice = ["give the pod's folder /kubesphere/results, or a copy of it"]


class NoRecording(FileError):
    """A file that should be a recording of `ksimage watch --save` is something else."""

    def __init__(self, path: str, why: str) -> None:
        self.message = f"{path} is no recording"
        self.why = why
        self.advice = ["one is made by: ksimage watch --save FILE"]


class BundleError(KsimageError):
    """A bundle cannot be made or read."""

    exit_code = 21


class BundleUnusable(BundleError):
    """A file is no bundle, is damaged, or holds what no bundle holds."""

    def __init__(self, path: object, why: str) -> None:
        self.message = f"{path} is no usable bundle"
        self.why = why
        self.advice = ["make a new one: ksimage collect -o bundle.tar.gz"]


class NothingCollected(BundleError):
    """Not one step of a collection gave anything, so no bundle is written."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.message = "nothing could be collected; no bundle was written"
        self.why = "; ".join(reasons)
        self.advice = ["look: kubectl --namespace kubesphere-system get pods"]
