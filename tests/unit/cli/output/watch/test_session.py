"""A watching from its begin to its end, over sources made here."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from tests.behaviour.trees import event

from ksimage.cli.output.terminal import Terminal
from ksimage.cli.output.watch.session import Watching
from ksimage.errors import InstallationFailed, InstallationUnknown, PodLost
from ksimage.events.frames import Frame

STATS: dict[str, Any] = {"ok": {"localhost": 1}, "failures": {}, "dark": {}}


class Source:
    """Hands out frames; a live one goes on until it is told to finish."""

    title = "made here"

    def __init__(self, frames: Sequence[Frame], live: bool = False) -> None:
        self.live = live
        self.closed = self.finished = False
        self._frames = frames

    def frames(self) -> Iterator[Frame]:
        yield {"k": "hello", "v": 1, "boot": "b"}
        yield from self._frames
        if self.live:
            yield {"k": "live"}
            while not self.finished:
                time.sleep(0.01)
        yield {"k": "end"}

    def finish(self) -> None:
        self.finished = True

    def close(self) -> None:
        self.closed = self.finished = True


def _component(name: str, failures: dict[str, int] | None = None) -> list[Frame]:
    raws = [
        event(1, "playbook_on_start", "", run=name),
        event(2, "playbook_on_stats", "", run=name, **{**STATS, "failures": failures or {}}),
    ]
    return [{"k": "ev", "c": name, "i": name, "n": raw["counter"], "r": raw} for raw in raws]


def _watching(source: Source) -> Watching:
    return Watching(source, Terminal(), None, None, ["results"])


def test_a_success_ends_without_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    source = Source([*_component("preinstall"), *_component("result-info")])
    _watching(source).as_lines()
    assert source.closed
    assert "result-info ok ok=1" in capsys.readouterr().out


def test_a_live_source_is_told_to_finish_once_the_verdict_is_known() -> None:
    source = Source([*_component("preinstall"), *_component("result-info")], live=True)
    _watching(source).as_lines(quiet=True)
    assert source.finished and source.closed


def test_a_failure_is_raised_with_advice() -> None:
    source = Source(_component("preinstall", {"localhost": 1}))
    with pytest.raises(InstallationFailed) as raised:
        _watching(source).as_lines(quiet=True)
    assert "ksimage timeline results" in raised.value.advice


def test_what_stops_in_between_is_not_known(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InstallationUnknown):
        _watching(Source(_component("preinstall"))).as_json()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line]
    assert lines[0]["type"] == "begin" and lines[-1]["type"] == "end"
    assert lines[-1]["outcome"] == "unknown"
    assert lines[-1]["exit_code"] == InstallationUnknown.exit_code


def test_an_error_of_the_source_is_what_is_raised(capsys: pytest.CaptureFixture[str]) -> None:
    class Lost(Source):
        def frames(self) -> Iterator[Frame]:
            yield from _component("preinstall")
            raise PodLost("pod", "it is gone")

    source = Lost([])
    with pytest.raises(PodLost):
        _watching(source).as_lines()
    assert source.closed
