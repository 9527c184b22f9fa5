"""Times of events."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksimage.events.times import when

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
