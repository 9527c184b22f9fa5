"""Reading what others wrote: whatever is not of the expected type is as if it were absent.

The objects of the API server may be by anybody who may write to the namespace, images' by anybody
who may push.
"""

from __future__ import annotations

import calendar
import json
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


def json_object(data: bytes | str) -> dict[str, object] | None:
    """The one JSON object that ``data`` is; None for anything else."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def at(document: object, *path: str | int) -> object:
    """What stands at ``path``, None where the path ends early."""
    for step in path:
        if isinstance(step, str) and isinstance(document, dict):
            document = document.get(step)
        elif isinstance(step, int) and isinstance(document, list) and len(document) > step:
            document = document[step]
        else:
            return None
    return document


def text(document: object, *path: str | int) -> str:
    """The text at ``path``, or an empty one."""
    found = at(document, *path)
    return found if isinstance(found, str) else ""


def number(document: object, *path: str | int) -> int:
    """The whole number at ``path``, or 0."""
    found = at(document, *path)
    return found if isinstance(found, int) and not isinstance(found, bool) else 0


def items(document: object, *path: str | int) -> list[object]:
    """The list at ``path``, or an empty one."""
    found = at(document, *path)
    return found if isinstance(found, list) else []


def objects(document: object, *path: str | int) -> list[dict[str, object]]:
    """The objects in the list at ``path``."""
    return [item for item in items(document, *path) if isinstance(item, dict)]


def mapping(document: object, *path: str | int) -> dict[str, object]:
    """The object at ``path``, or an empty one."""
    found = at(document, *path)
    return found if isinstance(found, dict) else {}


def texts(document: object, *path: str | int) -> dict[str, str]:
    """The entries of the map at ``path`` whose values are texts."""
    found = at(document, *path)
    if not isinstance(found, dict):
        return {}
    return {str(key): value for key, value in found.items() if isinstance(value, str)}


def moment(document: object, *path: str | int) -> float | None:
    """A time of the API server (RFC 3339, UTC, whole seconds) as seconds since 1970."""
    try:
        parsed = time.strptime(text(document, *path), "%Y-%m-%dT%H:%M:%SZ")
        return float(calendar.timegm(parsed))
    except (ValueError, OverflowError):
        return None


def named(found: Sequence[Mapping[str, object]], name: str) -> Mapping[str, object]:
    """The first of them with this name, or an empty one."""
    return next((item for item in found if item.get("name") == name), {})
