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


class FilesAndCluster(LoadFileScheduling):  # type: ignore[misc] # pytest-xdist has no types
    """For ``-n N``: a file's tests share a process, and so do all that use the cluster."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "cluster" if _on_the_cluster(file) or _ADVICE.search(nodeid) else file


_ADVICE = re.compile(r"^tests/advice/.*\[(?:rollout|pre-pull)-")
"""The situations that need the cluster."""


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadFileScheduling:
    """Distribute as above."""
    return FilesAndCluster(config, log)


@cache
def _on_the_cluster(file: str) -> bool:
    source = Path(__file__).parent.parent / file
    return "tests.support.cluster" in source.read_text(encoding="utf-8")
