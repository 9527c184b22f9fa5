"""Frames of sources that are not to be trusted."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.behaviour.trees import event
from tests.support.story import Story

from ksimage.errors import EventsWithoutEnd
from ksimage.events import frames
from ksimage.events.frames import Chronicle
from ksimage.events.phases import judge
from ksimage.events.sources import FolderSource

_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
_KINDS = st.sampled_from(
    ["ev", "bad", "rc", "hello", "plan", "source", "live", "lost", "end", "beat", "clock", "other"]
)
_KEYS = st.sampled_from(
    [
        "c",
        "i",
        "n",
        "r",
        "m",
        "f",
        "why",
        "rc",
        "boot",
        "now",
        "expected",
        "hook",
        "sleeps",
        "title",
    ]
)


@given(st.lists(st.tuples(_KINDS, st.dictionaries(_KEYS, _ANY)), max_size=8))
def test_no_frame_stops_the_reading(told: list[tuple[str, dict[str, object]]]) -> None:
    chronicle = Chronicle()
    for kind, rest in told:
        chronicle.take({**rest, "k": kind})
    assert chronicle.attempts
    assert chronicle.events == sum(kind == "ev" for kind, _ in told)


def test_a_source_without_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "MOST_EVENTS", 10)
    chronicle = Chronicle()
    with pytest.raises(EventsWithoutEnd, match="more than 10 events"):
        for number in range(20):
            chronicle.take(
                {"k": "ev", "c": "a", "i": "a", "n": number, "r": event(number, "x", "y")}
            )


def test_what_the_hook_will_install_is_kept() -> None:
    chronicle = Chronicle()
    chronicle.take(
        {"k": "plan", "hook": "ab", "sleeps": True, "patched": True, "expected": ["a", 3]}
    )
    assert (chronicle.expected, chronicle.hook_sleeps, chronicle.patched) == (("a",), True, True)
    assert chronicle.attempt.hook_sha256 == "ab"


def test_a_component_of_which_nothing_can_be_read_is_no_success(tmp_path: Path) -> None:
    Story(tmp_path, fails=True)
    (tmp_path / "monitoring/monitoring/rc").unlink()
    for file in (tmp_path / "monitoring/monitoring/job_events").iterdir():
        file.write_bytes(file.read_bytes()[:90])
    told = Chronicle()
    for frame in FolderSource(tmp_path).frames():
        told.take(frame)
    told.cut()
    verdict = judge(told.attempt, (), over=True)
    assert verdict.outcome == "unknown"
    assert verdict.why == "result-info is done, but not seen: monitoring"
