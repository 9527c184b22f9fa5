"""Documents as whoever gets them reads them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def read(document: Mapping[str, object]) -> dict[str, Any]:
    """``document`` through JSON: whatever is in it, at whatever depth."""
    found: dict[str, Any] = json.loads(json.dumps(document))
    return found
