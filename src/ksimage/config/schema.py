"""The JSON Schema of ksimage.yaml, for editors.

It says less than the loader: no schema knows which releases exist, or sees a key twice.
"""

from __future__ import annotations

import json

from ksimage.config.kinds import KINDS
from ksimage.config.settings import SETTINGS


def schema() -> dict[str, object]:
    """The schema (draft-07, which editors' YAML support knows best)."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "ksimage.yaml",
        "description": "Settings of ksimage. Relative paths are relative to the file.",
        **_mapping(""),
    }


def text() -> str:
    """The schema as editors take it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _mapping(group: str) -> dict[str, object]:
    """A mapping's settings: those whose key begins with ``group`` and goes on by one name."""
    described: dict[str, object] = {}
    for setting in SETTINGS:
        if not setting.in_file or not setting.key.startswith(group):
            continue
        name, dot, _ = setting.key.removeprefix(group).partition(".")
        if not dot:
            described[name] = {"description": setting.help, **KINDS[setting.kind].schema}
        elif name not in described:
            inner = [other.key for other in SETTINGS if other.key.startswith(f"{group}{name}.")]
            keys = ", ".join(key.rpartition(".")[2] for key in inner)
            described[name] = {"description": f"{name}: {keys}", **_mapping(f"{group}{name}.")}
    return {"type": "object", "additionalProperties": False, "properties": described}
