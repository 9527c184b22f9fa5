"""A registry that plays a script, for the modules of its client; waiting takes no time."""

from __future__ import annotations

from tests.faults.conftest import Waits, options, script, store, waits

__all__ = ["Waits", "options", "script", "store", "waits"]
