"""The JSON Schema of ksimage.yaml, for editors. It ships as ``ksimage.schema.json`` beside this.

Editors read YAML their own way (``tag: 3.10`` is a number to them), so the schema lets numbers
pass where the loader takes their text. It says less than the loader: no schema knows which
releases exist, or sees a key twice.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from ksimage.config import values
from ksimage.config.options import BY_KEY, OPTIONS
from ksimage.config.yamlfile import MAX_ENTRIES
from ksimage.images.platform import NAME as PLATFORM

FILE: Final = Path(__file__).with_name("ksimage.schema.json")

_DIGEST: Final = {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"}
_PATH: Final = {"type": ["string", "number", "boolean"], "minLength": 1}
_PLACEHOLDER: Final = r"\{(?:" + "|".join(values.PLACEHOLDERS) + r")\}"
_RESERVED: Final = "|".join(
    prefix.rstrip(".").replace(".", r"\.") for prefix in values.RESERVED_LABELS
)


def schema() -> dict[str, Any]:
    """The schema (draft-07, which editors' YAML support knows best)."""
    properties = {
        "source": {"type": "string", "pattern": "[:/]."},
        "target": {
            "type": "string",
            "pattern": "^[^@]+/[^@]+$",
            "not": {"pattern": f"^(?:docker-daemon|{'|'.join(values.FILE_TRANSPORTS)}):"},
        },
        "releases": _list({"anyOf": [_release(), _pinned()]}),
        "platforms": _list(_text(PLATFORM.pattern)),
        "patches": _mapping(
            {
                "with": _list(_text(values.PATCH_NAME.pattern)),
                "without": _list(_text(values.PATCH_NAME.pattern)),
                "dir": _PATH,
                "mode": {"enum": list(values.MODES)},
                "files": _list(_PATH),
            },
            "patches.",
        ),
        "verbosity": _number(0, values.MAX_VERBOSITY),
        "tag": {
            "type": ["string", "number", "boolean"],
            "pattern": rf"^(?:[A-Za-z0-9_]|{_PLACEHOLDER})(?:[A-Za-z0-9_.-]|{_PLACEHOLDER})*$",
        },
        "labels": {
            "type": "object",
            "maxProperties": MAX_ENTRIES,
            "propertyNames": {
                "pattern": f"^{values.LABEL_KEY.pattern}$",
                "not": {"pattern": rf"^(?:{_RESERVED})(?:\.|$)"},
            },
            "additionalProperties": {
                "type": ["string", "number", "boolean"],
                "maxLength": values.MAX_TEXT,
            },
        },
        "engine": {"enum": list(values.ENGINES)},
        "jobs": _number(1, values.MAX_JOBS),
        "registries": {
            "type": "object",
            "maxProperties": MAX_ENTRIES,
            "propertyNames": {"pattern": "^[^/@]+$"},
            "additionalProperties": {
                "type": "object",
                "additionalProperties": False,
                "properties": {
                    "ca_file": {
                        **_PATH,
                        "description": "CA certificates (PEM) trusted for this host",
                    },
                    "insecure": {
                        "type": "boolean",
                        "description": "accept any certificate, and plain HTTP, from this host",
                    },
                },
            },
        },
    }
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "ksimage.yaml",
        "description": "Settings of ksimage. Relative paths are relative to the file.",
        **_mapping(properties, ""),
    }


def text() -> str:
    """The schema as the file holds it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


def _mapping(properties: dict[str, Any], prefix: str) -> dict[str, Any]:
    described = {}
    for name, entry in properties.items():
        option = BY_KEY.get(prefix + name)
        help_text = option.help if option else _group_help(name)
        described[name] = {"description": help_text, **entry}
    return {"type": "object", "additionalProperties": False, "properties": described}


def _group_help(name: str) -> str:
    keys = [o.key.partition(".")[2] for o in OPTIONS if o.key.startswith(f"{name}.")]
    return f"{name}: {', '.join(keys)}"


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "maxItems": MAX_ENTRIES, "uniqueItems": True, "items": items}


def _text(pattern: str) -> dict[str, Any]:
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


def _number(lowest: int, highest: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": lowest, "maximum": highest}


def _release() -> dict[str, Any]:
    return {"type": "string", "pattern": r"^(?:[<>=!].*[0-9].*|[A-Za-z0-9][A-Za-z0-9._-]*)$"}


def _pinned() -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["release"],
        "properties": {
            "release": {**_release(), "description": "the release's name"},
            "base": {**_DIGEST, "description": "digest that the base image must have"},
        },
    }
