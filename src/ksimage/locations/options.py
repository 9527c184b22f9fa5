"""How to talk to registries. Known to everybody who opens a location, so it imports no HTTP."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias

from ksimage.errors import LoginIncomplete
from ksimage.locations.spec import Location


class RetryPolicy(NamedTuple):
    """Bounds of trying again. Times in seconds; clock and sleep can be replaced in tests.

    Without ``sleep``, waiting is done in such a way that Ctrl-C ends it.

    Attributes:
        tries: attempts without progress in between.
        first_wait: before the second attempt; doubles each time up to ``longest_wait``.
        budget: total time that one operation may go on without progress.
        longest_asked: a Retry-After longer than this is not waited for.
    """

    tries: int = 5
    first_wait: float = 0.5
    longest_wait: float = 15.0
    budget: float = 300.0
    longest_asked: float = 120.0
    sleep: Callable[[float], None] | None = None
    clock: Callable[[], float] = time.monotonic
    jitter: Callable[[], float] = random.random


@dataclass(frozen=True)
class RegistryOptions:
    """How to talk to one registry host, and as whom.

    Attributes:
        ca_file: PEM file of CAs to trust beside the system's.
        insecure: the user allows plain HTTP and unverified TLS for this host, by its name.
        username, password: a login given for this run; both or none.
        connect_timeout, read_timeout: seconds without any progress.
        retry: how often and how long to try again.
    """

    ca_file: Path | None = None
    insecure: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    connect_timeout: float = 15.0
    read_timeout: float = 120.0
    retry: RetryPolicy = field(default=RetryPolicy(), repr=False)

    def __post_init__(self) -> None:
        if (self.username is None) != (self.password is None):
            missing = "password" if self.password is None else "user name"
            raise LoginIncomplete(missing)


OptionsFor: TypeAlias = Callable[[Location], "RegistryOptions | None"]
"""The options for a location; None where it is no registry."""
