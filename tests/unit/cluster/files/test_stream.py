"""One connection, against programs that stand at the pod's python3 and send what they like."""

from __future__ import annotations

import hashlib
import json
import sys
import zlib
from pathlib import Path

import pytest

from ksimage.cluster.files import stream
from ksimage.cluster.files.stream import BrokenStream, Connection
from ksimage.events.frames import Frame

HELLO: Frame = {"k": "hello", "v": 1}


def _sent(frames: list[Frame]) -> bytes:
    """As the follow program sends it, with a true end frame."""
    lines = [json.dumps(frame).encode() + b"\n" for frame in frames]
    end = {"k": "end", "n": _events(frames), "sha256": hashlib.sha256(b"".join(lines)).hexdigest()}
    return b"".join(lines) + json.dumps(end).encode() + b"\n"


def _events(frames: list[Frame]) -> int:
    return sum(frame["k"] in ("ev", "bad") for frame in frames)


def _connection(folder: Path, data: bytes, more: str = "") -> Connection:
    """The "interpreter" reads all that it is sent first, as the program there does."""
    (folder / "data").write_bytes(data)
    path = folder / "python"
    path.write_text(
        f"#!{sys.executable}\nimport pathlib, sys\n"
        "stdin = sys.stdin.buffer\nprogram = stdin.read(int(stdin.readline()))\n"
        f"pathlib.Path({str(folder)!r}, 'request').write_bytes(stdin.readline())\n"
        f"sys.stdout.buffer.write(pathlib.Path({str(folder)!r}, 'data').read_bytes())\n"
        f"sys.stdout.flush()\n{more}\n"
    )
    path.chmod(0o755)
    return Connection([], {"root": "/x"}, str(path))


def test_all_frames_and_an_acknowledgement(tmp_path: Path) -> None:
    frames: list[Frame] = [HELLO, {"k": "ev", "n": 1}, {"k": "beat", "n": 1}]
    more = f"pathlib.Path({str(tmp_path)!r}, 'ack').write_bytes(stdin.readline())"
    connection = _connection(tmp_path, zlib.compress(_sent(frames)), more)
    told = list(connection.frames())
    assert told[:-1] == frames and told[-1]["k"] == "end"
    connection.close()
    assert json.loads((tmp_path / "request").read_bytes()) == {"root": "/x"}
    assert (tmp_path / "ack").read_bytes() == b"ack\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (_sent([{"k": "ev"}]), "does not begin"),
        (_sent([{"k": "hello", "v": 99}]), "does not begin"),
        (_sent([HELLO]) .replace(b'"n": 0', b'"n": 7'), "7 events were sent, 0 came"),
        (_sent([HELLO, {"k": "ev", "n": 1}]).replace(b'"k": "ev", "n": 1', b'"k": "ev", "n": 2'),
         "what came is not what was sent"),
        (b'{"k": "hello", "v": 1}\n', "without its end frame"),
        (b"[]\n", "no kind"),
        (b"{\n", "no JSON"),
    ],
)  # fmt: skip
def test_what_is_no_whole_stream(tmp_path: Path, data: bytes, words: str) -> None:
    connection = _connection(tmp_path, zlib.compress(data))
    with pytest.raises(BrokenStream, match=words):
        list(connection.frames())
    connection.close()


def test_a_line_that_was_cut_is_dropped(tmp_path: Path) -> None:
    compressor = zlib.compressobj()
    data = compressor.compress(b'{"k": "hello", "v": 1}\n{"k": "ev", "n"')
    data += compressor.flush(zlib.Z_SYNC_FLUSH)
    connection = _connection(tmp_path, data)
    frames = connection.frames()
    assert next(frames) == HELLO
    with pytest.raises(BrokenStream):
        next(frames)
    connection.close()


def test_its_last_words_are_the_reason(tmp_path: Path) -> None:
    connection = _connection(tmp_path, b"", "sys.exit('first\\nno such container')")
    with pytest.raises(BrokenStream, match="no such container"):
        list(connection.frames())
    connection.close()
    assert connection.complaint() == ""  # nothing is held any more


def test_silence_is_death(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "SILENCE", 0.3)
    connection = _connection(tmp_path, b"", "stdin.read()")
    with pytest.raises(BrokenStream, match="nothing came"):
        list(connection.frames())
    connection.close()
