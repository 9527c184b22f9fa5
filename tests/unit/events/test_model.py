"""What the model computes: durations, whether a run is clean; and times of events."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksimage.events.model import Stats, Task, when


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


_MOMENTS = st.datetimes(datetime(1981, 1, 1), datetime(2199, 1, 1))  # noqa: DTZ001


@given(_MOMENTS)
def test_naive_times_are_utc(moment: datetime) -> None:
    utc = moment.replace(tzinfo=timezone.utc)
    assert when(moment.isoformat()) == pytest.approx(utc.timestamp(), abs=1e-3)


@given(_MOMENTS, st.integers(-12, 14))
def test_a_time_with_a_zone_is_of_that_zone(moment: datetime, hours: int) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert when(aware.isoformat()) == pytest.approx(aware.timestamp(), abs=1e-3)


@pytest.mark.parametrize(
    "text",
    ["0001-01-01T00:00:00", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00",
     "9999-12-31T23:59:59-12:00", "", "now", None, 12, [], "2026-13-01T00:00:00"],
)  # fmt: skip
def test_what_no_cluster_had_is_no_time(text: object) -> None:
    assert when(text) is None
