"""Fixtures for every test: the real components, started when a test asks for one."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import settings

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


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist looks at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """With ``-n N --dist loadgroup`` a file's tests, and all of the cluster's, share a process."""
    for item in items:
        file = item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group("cluster" if _on_the_cluster(item) else file))


def _on_the_cluster(item: pytest.Item) -> bool:
    """Whether it asks for the cluster; the advice's situations say by name what they need."""
    chosen = getattr(item, "callspec", None)
    situation = chosen.params.get("situation") if chosen else None
    needs = {*getattr(item, "fixturenames", ()), getattr(situation, "needs", "")}
    return not needs.isdisjoint({"cluster", "rollouts"})
