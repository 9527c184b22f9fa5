"""What a failed task said, from its result."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

LIMIT = 16_000
"""Characters of one task's output that are kept."""
_ENDS = (("msg", 2000), ("stderr", 6000), ("module_stderr", 4000), ("stdout", 4000),
         ("module_stdout", 2000))  # fmt: skip


def said(result: Mapping[str, object]) -> str:
    """The command, message, error output and output of a result, each on lines of its own.

    Of long texts the end is kept, where the reason stands; of a message the beginning.
    """
    if "censored" in result:
        return "(hidden: the task has no_log)"
    parts: list[str] = []
    command = result.get("cmd")
    if isinstance(command, list):
        command = shlex.join(map(str, command[:200]))
    if isinstance(command, str) and command:
        parts.append("$ " + command[:2000])
    for key, limit in _ENDS:
        value = result.get(key)
        if not value:
            continue
        text = value if isinstance(value, str) else _json(value)
        text = text.strip()
        if not text or text in parts:
            continue
        if len(text) > limit:
            text = text[:limit] + "…" if key == "msg" else "…" + text[-limit:]
        parts.append(text)
    return "\n".join(parts)[:LIMIT]


def of_item(result: Mapping[str, object]) -> str:
    """The same for one item of a loop, with the item's name."""
    label = result.get("_ansible_item_label", result.get("item", ""))
    name = label if isinstance(label, str) else _json(label)
    return f"item {name[:200]}: {said(result)}"


def _json(value: object) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)[:6000]
    except (ValueError, RecursionError):
        return ""
