"""One connection to the follow program: whole lines out of what a pod sends, or nothing.

`kubectl exec` ends with status 0 when it was cut, so only the program's own count and hash say
that all has come. Whatever the pod sends is taken for hostile: sizes are bounded.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import select
import subprocess
import tempfile
import zlib
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING

from ksimage import resources
from ksimage.cluster.program import end, last_words

if TYPE_CHECKING:
    from ksimage.events.frames import Frame

PARTS = ("templates/pod/pod_events.py", "templates/pod/follow.py")
# The program comes by length, so that stdin stays open: its end tells the program that the client
# is gone, which no signal would.
BOOTSTRAP = 'import sys;i=sys.stdin.buffer;exec(compile(i.read(int(i.readline())),"follow","exec"))'
SILENCE = 90.0
"""Seconds without a byte after which a connection is taken for dead; a beat comes every 5 to 30."""
LINE_LIMIT = 8 << 20
VERSION = 1


def program() -> bytes:
    """The follow program as it is sent: its first part becomes a module that the second imports."""
    module, main = (resources.path(part).read_text("ascii") for part in PARTS)
    return (
        "import sys, types\n"
        "sys.modules['pod_events'] = types.ModuleType('pod_events')\n"
        f"exec(compile({module!r}, 'pod_events', 'exec'), sys.modules['pod_events'].__dict__)\n"
        f"{main}"
    ).encode("ascii")


class BrokenStream(Exception):
    """The connection ended before its end frame, or sent something else than frames."""


class Connection:
    """One run of the follow program.

    Args:
        prefix: the command that runs another one where the files are: ``kubectl exec -i …``,
            ``docker exec -i …``, or nothing.
        request: see the follow program.
        python: the interpreter there.
    """

    def __init__(self, prefix: Sequence[str], request: Frame, python: str = "python3") -> None:
        self._stderr: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - close() does
        try:
            self._process = subprocess.Popen(
                [*prefix, python, "-u", "-c", BOOTSTRAP],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr,
                start_new_session=True,  # Ctrl-C is for the client alone
            )
        except OSError:
            self._stderr.close()
            raise
        self._request = request
        self._events = 0
        self._sha256 = hashlib.sha256()

    def frames(self) -> Iterator[Frame]:
        """All frames, the last being ``end``.

        Raises:
            BrokenStream: it was cut, or is no such stream.
        """
        self._send_program()
        first = True
        for line in self._lines():
            frame = _parse(line)
            kind = frame["k"]
            if first and (kind != "hello" or frame.get("v") != VERSION):
                raise BrokenStream("it does not begin as the follow program begins")
            first = False
            if kind in ("ev", "bad"):
                self._events += 1
            elif kind in ("beat", "end") and frame.get("n") != self._events:
                raise BrokenStream(f"{frame.get('n')} events were sent, {self._events} came")
            if kind == "end":
                if frame.get("sha256") != self._sha256.hexdigest():
                    raise BrokenStream("what came is not what was sent")
                self._say(b"ack\n")
                yield frame
                return
            self._sha256.update(line + b"\n")
            yield frame
        raise BrokenStream(self.complaint() or "it ended without its end frame")

    def finish(self) -> None:
        """Ask the program to end; the end frame follows. Safe from another thread."""
        self._say(b"end\n")

    def close(self) -> None:
        """End the local process; the program there ends with its stdin."""
        end(self._process)
        self._stderr.close()

    def complaint(self) -> str:
        """The last that the command said on stderr."""
        try:
            lines = last_words(self._stderr).splitlines()
        except ValueError:
            return ""  # closed by another thread
        return lines[-1][:500] if lines else ""

    def _send_program(self) -> None:
        sent = program()
        request = json.dumps(self._request).encode() + b"\n"
        self._say(b"%d\n" % len(sent) + sent + request)

    def _say(self, data: bytes) -> None:
        stdin = self._process.stdin
        assert stdin is not None
        # That it is gone is seen, and said better, where it is read.
        with contextlib.suppress(OSError, ValueError):
            stdin.write(data)
            stdin.flush()

    def _lines(self) -> Iterator[bytes]:
        """Whole lines; one that was cut is dropped, for its event will come again."""
        inflate = zlib.decompressobj()
        held = b""
        for chunk in self._chunks():
            data = chunk
            while data:
                try:
                    text = inflate.decompress(data, 1 << 20)
                except zlib.error:
                    said = chunk[:80].decode("utf-8", "replace")
                    raise BrokenStream(f"it is no stream of the follow program: {said!r}") from None
                data = inflate.unconsumed_tail
                *lines, held = (held + text).split(b"\n")
                if len(held) > LINE_LIMIT:
                    raise BrokenStream(f"a frame is larger than {LINE_LIMIT >> 20} MiB")
                yield from lines

    def _chunks(self) -> Iterator[bytes]:
        stdout = self._process.stdout
        assert stdout is not None
        while True:
            try:
                ready, _, _ = select.select([stdout], [], [], SILENCE)
                if not ready:
                    raise BrokenStream(f"nothing came for {SILENCE:.0f} s")
                chunk = os.read(stdout.fileno(), 1 << 16)
            except (OSError, ValueError):
                return  # closed by another thread
            if not chunk:
                return
            yield chunk


def _parse(line: bytes) -> Frame:
    try:
        frame = json.loads(line)
    except (ValueError, RecursionError):
        raise BrokenStream("a frame is no JSON") from None
    if not isinstance(frame, dict) or not isinstance(frame.get("k"), str):
        raise BrokenStream("a frame has no kind")
    return frame
