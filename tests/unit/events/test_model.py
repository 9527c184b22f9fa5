"""What the model computes: durations, and whether a run is clean."""

from __future__ import annotations

import pytest

from ksimage.events.model import Stats, Task


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [(1.0, 3.5, 2.5), (None, 3.0, None), (1.0, None, None), (5.0, 3.0, 0.0)],
)
def test_a_duration_needs_both_ends_and_is_never_negative(
    start: float | None, end: float | None, seconds: float | None
) -> None:
    assert Task("t", "x", start=start, end=end).duration == seconds


@pytest.mark.parametrize(
    ("stats", "clean"),
    [
        (Stats(ok=3, rescued=2, ignored=1), True),
        (Stats(ok=3, failures=1), False),
        (Stats(ok=3, unreachable=1), False),
    ],
)
def test_a_run_is_clean_by_its_summary_alone(stats: Stats, clean: bool) -> None:
    assert stats.clean is clean
