"""Sources that lie on a disk: a results folder, and a recording of what another source told."""

from __future__ import annotations

import gzip
import json
import os
import time
import zlib
from collections.abc import Iterable, Iterator
from io import BufferedIOBase, BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING

from ksimage.errors import CannotRead, CannotWrite, NoRecording, RecordingCut
from ksimage.events import files
from ksimage.events.feed import merged
from ksimage.events.frames import EventSource

if TYPE_CHECKING:
    from ksimage.events.frames import Frame

_GZIP = b"\x1f\x8b"
_LINE_LIMIT = 8 << 20


class FolderSource(EventSource):
    """A results folder, read once.

    Raises:
        NoResults: it is none.
    """

    live = False

    def __init__(self, path: Path) -> None:
        self.title = str(path)
        self._root = files.results_root(path)

    def frames(self) -> Iterator[Frame]:
        """All events by their times."""
        yield {"k": "hello", "v": 1, "boot": ""}
        yield from merged([self._folder(*names) for names in files.run_folders(self._root)])
        yield {"k": "end"}

    def _folder(self, component: str, ident: str) -> Iterator[Frame]:
        base = {"c": component, "i": ident}
        for name, raw, damage, mtime in files.read_path(self._root / component / ident):
            if name == "rc":
                yield {"k": "rc", **base, "rc": raw, "m": mtime}
            elif damage:
                yield {"k": "bad", **base, "f": name, "why": damage}
            else:
                yield {"k": "ev", **base, "n": files.counter_of(name), "r": raw, "m": mtime}


class RecordSource(EventSource):
    """Frames that were saved, one a line, gzipped or not; from a file or a pipe.

    Args:
        file: open for bytes; closed at the end.
        title: what to call it.
    """

    live = False

    def __init__(self, file: BufferedReader, title: str) -> None:
        self.title = title
        self._file = file

    def frames(self) -> Iterator[Frame]:
        """The frames as they were saved.

        Raises:
            NoRecording: it is something else, or damaged.
            CannotRead: the operating system refused.
        """
        try:
            packed = self._file.peek(2)[:2] == _GZIP
            yield from self._parsed(gzip.GzipFile(fileobj=self._file) if packed else self._file)
        except EOFError:
            return  # the recorder was cut: all that it saved was read
        except (gzip.BadGzipFile, zlib.error) as error:
            raise NoRecording(self.title, str(error)) from None
        except OSError as error:
            raise CannotRead(self.title, error) from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _parsed(self, stream: BufferedIOBase) -> Iterator[Frame]:
        begun = False
        while line := stream.readline(_LINE_LIMIT):
            try:
                frame = json.loads(line)
            except (ValueError, RecursionError):
                if begun and not line.endswith(b"\n"):
                    return  # cut in the middle of a line
                raise NoRecording(self.title, f"no JSON: {line[:60]!r}") from None
            if not isinstance(frame, dict) or not isinstance(frame.get("k"), str):
                raise NoRecording(self.title, f"no frame: {line[:60]!r}")
            if not begun and frame["k"] not in ("hello", "source"):
                raise NoRecording(self.title, "it does not begin with a hello")
            begun = True
            yield frame
        if not begun:
            raise NoRecording(self.title, "it is empty")


class Recorder:
    """Saves frames as they pass; readable by the user alone, for tasks print secrets.

    Attributes:
        error: why the recording ended early; None as long as all was saved.

    Raises:
        CannotWrite: the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        self.error: RecordingCut | None = None
        self._path = path
        try:
            number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise CannotWrite(path, error) from error
        self._raw = os.fdopen(number, "wb")
        self._file: BufferedIOBase = self._raw
        if path.suffix == ".gz":
            self._file = gzip.GzipFile(fileobj=self._raw, mode="wb")

    def record(self, frames: Iterable[Frame], *, live: bool = True) -> Iterator[Frame]:
        """Pass frames on, saving each; of a ``live`` source with the time of its arrival.

        What is over arrives at once, and is shown again by the events' own times.
        A full disk ends the recording and not the watching: an ``unsaved`` frame says so, once.
        """
        told = False
        try:
            for frame in frames:
                self._save({**frame, "at": round(time.time(), 3)} if live else frame)
                yield frame
                if self.error is not None and not told:
                    told = True
                    yield {"k": "unsaved", "why": f"{self.error.message}: {self.error.why}"}
        finally:
            self._close()

    def _save(self, frame: Frame) -> None:
        if self.error is not None:
            return
        line = json.dumps(frame, separators=(",", ":"))
        try:
            self._file.write(line.encode() + b"\n")
            if frame["k"] != "ev":
                self._file.flush()
        except OSError as error:
            self.error = RecordingCut(self._path, error)

    def _close(self) -> None:
        # Each writes what it still has, and both are to be closed whatever becomes of that.
        try:
            try:
                self._file.close()
            finally:
                self._raw.close()
        except OSError as error:
            self.error = self.error or RecordingCut(self._path, error)
