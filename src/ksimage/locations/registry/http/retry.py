"""How often and how long to try again."""

from __future__ import annotations

import email.utils
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ksimage.errors import GaveUp

if TYPE_CHECKING:
    from ksimage.locations.options import RetryPolicy

PROGRESS = 64 << 10  # bytes that make it worth going on
MAX_STRETCHES = 50
SHORT = 2.0  # seconds; only who waits for longer than that wonders why

log = logging.getLogger(__name__)


class Transient(Exception):
    """A fault that may pass: caught inside this package, never shown as such.

    Attributes:
        reason: in words.
        retry_after: seconds that the server asks for, or None.
        free: not the server's fault (a login ran out in the middle): costs no attempt, but ends.
    """

    def __init__(
        self, reason: str, *, retry_after: float | None = None, free: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after
        self.free = free


@dataclass
class Attempts:
    """The attempts at one operation."""

    policy: RetryPolicy
    host: str
    action: str
    pause: Callable[[float], None] = time.sleep
    failed: int = 0
    free: int = 0
    stretches: int = 0
    gained: int = 0
    started: float = field(init=False)
    begun: float = field(init=False)  # of the present attempt

    def __post_init__(self) -> None:
        self.started = self.begun = self.policy.clock()

    def again(self, fault: Transient) -> None:
        """Wait before the next attempt.

        Raises:
            GaveUp: there is none.
        """
        if fault.free and self.free < 3:
            self.free += 1
            return
        self.failed += 1
        self.gained = 0
        wait = self._wait(fault)
        policy = self.policy
        over = policy.clock() - self.started + wait > policy.budget
        if self.failed >= policy.tries or over or wait > policy.longest_asked:
            reason = fault.reason
            if wait > policy.longest_asked:
                reason += f"; it asks to wait {wait:.0f} s"
            raise GaveUp(self.host, self.action, self.failed, reason) from fault
        lost = max(wait, policy.clock() - self.begun)
        log.log(
            logging.INFO if lost < SHORT else logging.WARNING,
            "%s: %s; again in %s s (%d of %d)",
            self.host,
            fault.reason,
            f"{wait:.0f}" if wait >= SHORT else f"{wait:.1f}",
            self.failed + 1,
            policy.tries,
        )
        (policy.sleep or self.pause)(wait)
        self.begun = policy.clock()

    def progress(self, count: int) -> None:
        """``count`` bytes went over. Enough of them since the last fault, and the count of
        attempts begins afresh; but not for ever.
        """
        self.gained += count
        if self.failed and self.gained >= PROGRESS and self.stretches < MAX_STRETCHES:
            self.stretches += 1
            self.failed = 0
            self.started = self.policy.clock()

    def _wait(self, fault: Transient) -> float:
        if fault.retry_after is not None:
            return max(0.0, fault.retry_after)
        wait = min(self.policy.first_wait * 2.0 ** (self.failed - 1), self.policy.longest_wait)
        return wait * (0.5 + 0.5 * self.policy.jitter())


def retry_after(value: str | None) -> float | None:
    """Seconds that a Retry-After header asks for (a number or a date), or None."""
    if not value:
        return None
    if value.strip().isdecimal():
        return float(value[:12])
    try:
        date = email.utils.parsedate_to_datetime(value)
        return max(0.0, date.timestamp() - time.time())
    except (ValueError, TypeError, OverflowError, OSError):
        return None
