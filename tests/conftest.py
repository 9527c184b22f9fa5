"""Fixtures for every test: the real components, started when a test asks for one."""

from __future__ import annotations

pytest_plugins = [
    "tests.support.engine",
    "tests.support.registry",
    "tests.support.harbor",
    "tests.support.rootfs",
]
