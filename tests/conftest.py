"""Fixtures for every test: the real components, started when a test asks for one."""

from __future__ import annotations

import os

# What one test read must not spare another a request; the cache's own tests name a folder.
os.environ["KSIMAGE_CACHE_DIR"] = "off"

pytest_plugins = [
    "tests.support.engine",
    "tests.support.registry",
    "tests.support.harbor",
    "tests.support.rootfs",
]
