"""Fixtures for every test: the real components, started when a test asks for one."""

from __future__ import annotations

import os
import re
import signal
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

# What one test read must not spare another a request; the cache's own tests name a folder.
os.environ["KSIMAGE_CACHE_DIR"] = "off"

# In the background (`nohup make test &`, some CI systems) a process is started with SIGINT ignored,
# and so would be every program that a test starts and interrupts. A handler is not inherited.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says more about the machine than about the code.
settings.register_profile("ksimage", deadline=None)
settings.load_profile("ksimage")

pytest_plugins = [
    "tests.support.engine",
    "tests.support.containerd",
    "tests.support.registry",
    "tests.support.harbor",
    "tests.support.rootfs",
    "tests.support.timeline_page",
    "tests.support.cluster",
]


_ADVICE = re.compile(r"^tests/advice/.*\[(?:rollout|pre-pull)-")
"""The situations that need the cluster."""
_LONGEST = ("test_rollout.py", "test_rollout_interrupted.py", "test_status.py", "test_watch.py")
"""Of the files on the cluster."""


class FileByFile(LoadFileScheduling):  # type: ignore[misc] # pytest-xdist has no types
    """For ``-n N``: a file's tests share a process; of the advice, those on the cluster another."""

    def _split_scope(self, nodeid: str) -> str:
        return "advice on the cluster" if _ADVICE.search(nodeid) else nodeid.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Distribute as above."""
    return FileByFile(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, where there are several processes."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=lambda item: (item.path.name not in _LONGEST, not _needs_cluster(item)))


def _needs_cluster(item: pytest.Item) -> bool:
    return _uses_cluster(item.path) or bool(_ADVICE.search(item.nodeid))


@cache
def _uses_cluster(file: Path) -> bool:
    return "tests.support.cluster" in file.read_text(encoding="utf-8")
