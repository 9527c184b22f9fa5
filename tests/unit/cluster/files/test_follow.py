"""The follow program and its client: nothing lost, doubled or out of order, whatever is cut."""

from __future__ import annotations

import base64
import json
import os
import random
import signal
import sys
import threading
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.behaviour.trees import event
from tests.support import event_trees, pythons
from tests.support.event_trees import read_tree

from ksimage import resources
from ksimage.cluster.files.follow import PodSource, Reached
from ksimage.cluster.files.stream import PARTS
from ksimage.errors import FollowRefused, PodLost
from ksimage.events.frames import Chronicle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ksimage.events.frames import Frame


def _source(root: Path, prefix: Sequence[str] = (), **more: object) -> PodSource:
    python = more.pop("python", sys.executable)
    paths = {"root": str(root), "hook": str(root / "hook.py"), "config": str(root / "config.json")}
    return PodSource(lambda: Reached(prefix, "here"), paths=paths, python=python, **more)  # type: ignore[arg-type]


def _read(source: PodSource) -> tuple[list[Frame], Chronicle]:
    chronicle = Chronicle()
    frames = []
    for frame in source.frames():
        frames.append(frame)
        chronicle.take(frame)
    return frames, chronicle


@pytest.mark.parametrize("version", pythons.VERSIONS)
def test_it_tells_what_the_files_hold_on_every_python(version: str, tmp_path: Path) -> None:
    event_trees.volume(tmp_path, 400)
    frames, told = _read(_source(tmp_path, once=True, python=pythons.interpreter(version)))
    assert str(frames[0]["python"]).startswith(version + ".")
    assert told.whole and told.attempt.boot.count("/") == 1
    read = read_tree(tmp_path)
    assert [(run.component, run.rc, run.stats, run.state) for run in told.attempt.runs] == [
        (run.component, run.rc, run.stats, run.state) for run in read.runs
    ]
    assert [run.tasks for run in told.attempt.runs] == [run.tasks for run in read.runs]


def test_real_runs_are_told_as_they_are_read(installed: Path) -> None:
    _, told = _read(_source(installed, once=True))
    read = read_tree(installed)
    for mine, other in zip(told.attempt.runs, read.runs, strict=True):
        assert mine.tasks == other.tasks
        assert [one[:4] for one in mine.events] == [one[:4] for one in other.events]
        assert (mine.rc, mine.stats, mine.state) == (other.rc, other.stats, other.state)


def _write_1_4(root: Path, choose: random.Random, count: int, done: threading.Event) -> None:
    """As ansible-runner 1.4 does: under the final name from the first byte on."""
    for number in range(1, count + 1):
        for component in ("common", "monitoring"):
            one = event(number, "runner_on_ok", f"{component} {number}", component)
            text = json.dumps(one)
            folder = root / component / component / "job_events"
            folder.mkdir(parents=True, exist_ok=True)
            with (folder / f"{number}-{one['uuid']}.json").open("w") as file:
                file.write(text[: len(text) // 2])
                file.flush()
                time.sleep(choose.random() * 0.008)
                file.write(text[len(text) // 2 :])
    done.set()


def _write_2(root: Path, choose: random.Random, count: int, done: threading.Event) -> None:
    """As ansible-runner 2 does: under another name, then renamed."""
    for number in range(1, count + 1):
        for component in ("common", "monitoring"):
            one = event(number, "runner_on_ok", f"{component} {number}", component)
            folder = root / component / component / "job_events"
            folder.mkdir(parents=True, exist_ok=True)
            new = folder / f"{number}-{one['uuid']}.json"
            new.with_suffix(".json.tmp").write_text(json.dumps(one))
            new.with_suffix(".json.tmp").rename(new)
            time.sleep(choose.random() * 0.008)
    done.set()


@pytest.mark.parametrize("write", [_write_1_4, _write_2])
def test_eight_kills_lose_double_and_disorder_nothing(write: object, tmp_path: Path) -> None:
    choose = random.Random(8)
    root, pids = tmp_path / "results", tmp_path / "pids"
    written = threading.Event()
    arguments = (root, choose, 750, written)
    writer = threading.Thread(target=write, args=arguments)  # type: ignore[arg-type]
    # Each connection says its process first, so that it can be killed like a kubectl.
    source = _source(root, ["sh", "-c", f'echo $$ >> {pids}; exec "$@"', "sh"])
    writer.start()

    def killer() -> None:
        killed = 0
        while killed < 8:
            time.sleep(0.2 + choose.random() * 0.6)
            known = pids.read_text().split() if pids.exists() else []
            if len(known) > killed:
                os.kill(int(known[-1]), signal.SIGKILL)
                killed = len(known)
        written.wait()
        while len(pids.read_text().split()) <= killed:
            time.sleep(0.1)
        time.sleep(1)  # the last connection has said hello
        source.finish()

    threading.Thread(target=killer, daemon=True).start()
    frames, told = _read(source)
    writer.join()
    assert len(pids.read_text().split()) >= 9
    assert sum(frame["k"] == "lost" for frame in frames) >= 8
    assert told.whole
    for component in ("common", "monitoring"):
        came = [f["n"] for f in frames if f["k"] == "ev" and f["c"] == component]
        assert came == list(range(1, 751))
    assert told.attempt.damage == []
    assert len(told.attempts) == 1


def test_what_stays_half_written_is_named_and_holds_back_nothing_for_long(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "a" / "job_events"
    folder.mkdir(parents=True)
    for number in range(1, 5):
        one = event(number, "runner_on_ok", f"step {number}")
        text = json.dumps(one)
        (folder / f"{number}-{number}.json").write_text(text[:40] if number == 2 else text)
    (folder / "5-deep.json").write_text("[" * 100_000)
    (folder / "6-large.json").write_text(" " * (5 << 20))
    (folder / "7-link.json").symlink_to("/dev/zero")
    (folder / "x-half-partial.json").write_text("")
    frames, told = _read(_source(tmp_path, once=True))
    assert [frame["n"] for frame in frames if frame["k"] in ("ev", "bad")] == [1, 2, 3, 4, 5, 6, 7]
    assert {Path(one.path).name for one in told.attempt.damage} == {
        "2-2.json", "5-deep.json", "6-large.json", "7-link.json"
    }  # fmt: skip


def test_it_names_what_is_to_come_from_the_hook_and_the_configuration(tmp_path: Path) -> None:
    event_trees.volume(tmp_path, 200)
    hook = "def f():\n    readyToEnabledList = ['monitoring', 'network']\n    time.sleep(1)\n"
    (tmp_path / "hook.py").write_text(hook)
    spec = {
        "devops": {"enabled": True},
        "events": {"enabled": False},
        "metrics_server": {"enabled": True},
    }
    (tmp_path / "config.json").write_text(json.dumps({**spec, "persistence": {"storageClass": ""}}))
    _, told = _read(_source(tmp_path, once=True))
    assert told.expected == ("devops", "monitoring", "network")
    assert told.hook_sleeps is True


def test_closing_ends_the_program_in_the_pod(tmp_path: Path) -> None:
    event_trees.volume(tmp_path, 200)
    pid_file = tmp_path / "pid"
    source = _source(tmp_path, ["sh", "-c", f'echo $$ > {pid_file}; exec "$@"', "sh"])
    for frame in source.frames():
        if frame["k"] == "live":
            source.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)


def test_another_boot_is_another_attempt(tmp_path: Path) -> None:
    chronicle = Chronicle()
    one = event(1, "playbook_on_start", "", "a")
    frames: list[Frame] = [
        {"k": "hello", "v": 1, "boot": "pod/1"},
        {"k": "ev", "c": "a", "i": "a", "n": 1, "r": one},
        {"k": "lost", "why": "cut"},
        {"k": "hello", "v": 1, "boot": "pod/1"},
        {"k": "hello", "v": 1, "boot": "pod/2"},
        {"k": "ev", "c": "a", "i": "a", "n": 1, "r": one},
    ]
    for frame in frames:
        chronicle.take(frame)
    assert [[run.state for run in attempt.runs] for attempt in chronicle.attempts] == [
        ["cut"], ["running"]
    ]  # fmt: skip


def _pod(tmp_path: Path, *lines: bytes, tail: bytes = b"") -> list[str]:
    """A pod that says this instead of running what it is told to."""
    file = tmp_path / "said"
    file.write_bytes(zlib.compress(b"".join(line + b"\n" for line in lines)) + tail)
    return ["sh", "-c", f"cat {file}", "sh"]


HELLO = b'{"k":"hello","v":1,"boot":"a/1"}'


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([b'{"k":"ev"}'], "does not begin"),
        ([b'{"k":"hello","v":2,"boot":"a/1"}'], "does not begin"),
        ([HELLO, b"{"], "no JSON"),
        ([HELLO, b"[1]"], "no kind"),
        ([HELLO, b'{"k":"ev"}'], "no mark"),
        ([HELLO, b'{"k":"beat","n":3}'], "3 events were sent, 0 came"),
        ([HELLO, b'{"k":"end","n":0,"sha256":"0"}'], "not what was sent"),
        ([HELLO, b"x" * (9 << 20)], "larger than"),
        ([HELLO], "without its end"),
    ],
)  # fmt: skip
def test_a_pod_that_says_something_else_is_refused_in_words(
    lines: list[bytes], why: str, tmp_path: Path
) -> None:
    source = _source(tmp_path, _pod(tmp_path, *lines), patience=0)
    with pytest.raises(PodLost) as caught:
        _read(source)
    assert why in caught.value.why


def test_a_bomb_is_refused_before_it_fills_the_memory(tmp_path: Path) -> None:
    source = _source(tmp_path, _pod(tmp_path, HELLO, b"\0" * (300 << 20)), patience=0)
    with pytest.raises(PodLost, match="answers no more"):
        _read(source)


def test_text_instead_of_a_stream_is_shown(tmp_path: Path) -> None:
    source = _source(tmp_path, ["echo", "Welcome!"], patience=0)
    with pytest.raises(PodLost) as caught:
        _read(source)
    assert "Welcome!" in caught.value.why


def test_where_no_python_is_the_reason_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(FollowRefused):
        _read(_source(tmp_path, python="no-such-python"))


def test_the_program_is_ascii() -> None:
    for part in PARTS:
        resources.path(part).read_bytes().decode("ascii")


def _growing(root: Path) -> Iterator[int]:
    folder = root / "a" / "a" / "job_events"
    folder.mkdir(parents=True)
    for number in range(1, 4):
        one = event(number, "runner_on_ok", f"step {number}")
        (folder / f"{number}-{base64.b16encode(os.urandom(4)).decode()}.json").write_text(
            json.dumps(one)
        )
        yield number


def test_what_is_written_later_comes_as_well(tmp_path: Path) -> None:
    growing = _growing(tmp_path)
    next(growing)
    source = _source(tmp_path)
    came = []
    for frame in source.frames():
        if frame["k"] == "live":
            next(growing)
        if frame["k"] == "ev":
            came.append(frame["n"])
            if len(came) == 2:
                next(growing)
            if len(came) == 3:
                source.finish()
    assert came == [1, 2, 3]
