"""How often and how long to try again."""

from __future__ import annotations

import pytest

from ksimage.errors import GaveUp
from ksimage.locations.options import RetryPolicy
from ksimage.locations.registry.http.retry import Attempts, Transient


def _attempts(**more: float) -> tuple[Attempts, list[float]]:
    slept: list[float] = []
    policy = RetryPolicy(
        sleep=slept.append,
        clock=lambda: sum(slept),
        jitter=lambda: 1.0,
        **more,  # type: ignore[arg-type]
    )
    return Attempts(policy, "harbor.lan", "a test"), slept


def test_waits_double_up_to_a_bound() -> None:
    attempts, slept = _attempts(tries=9)
    for _ in range(8):
        attempts.again(Transient("x"))
    assert slept == [0.5, 1, 2, 4, 8, 15, 15, 15]
    with pytest.raises(GaveUp):
        attempts.again(Transient("x"))


def test_budget() -> None:
    attempts, slept = _attempts(tries=1000, budget=20)
    with pytest.raises(GaveUp):
        for _ in range(1000):
            attempts.again(Transient("x"))
    assert sum(slept) <= 20


def test_little_progress_does_not_count() -> None:
    attempts, slept = _attempts()
    with pytest.raises(GaveUp):
        for _ in range(100):
            attempts.progress(1)
            attempts.again(Transient("x"))
    assert len(slept) == 4


def test_progress_counts_but_not_for_ever() -> None:
    attempts, slept = _attempts()
    with pytest.raises(GaveUp):
        for _ in range(1000):
            attempts.progress(1 << 20)
            attempts.again(Transient("x"))
    assert 50 < len(slept) < 60


def test_free_faults_end_too() -> None:
    attempts, slept = _attempts()
    with pytest.raises(GaveUp):
        for _ in range(100):
            attempts.again(Transient("x", free=True))
    assert len(slept) == 4
