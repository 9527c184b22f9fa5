"""The JSON documents of ``--output json``, and nothing else writes any. Keys stay; docs/json.md
describes them, a test compares.

A *document* is what a command writes; its modules are named for what they describe.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

SCHEMA = "ksimage/v1"
"""Version of the JSON documents; grows when a key changes its meaning or goes."""


def as_json(document: Mapping[str, object], *, ascii_only: bool = True) -> str:
    """A document as it is written, with its schema's version."""
    return json.dumps({"schema": SCHEMA, **document}, ensure_ascii=ascii_only, indent=2)
