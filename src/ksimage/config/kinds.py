"""How each kind of setting is read from text, and what the JSON Schema says of it.

Editors read YAML their own way (``tag: 3.10`` is a number to them), so the schema lets numbers
pass where the loader takes their text.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from ksimage.config import selection, values
from ksimage.images.platform import NAME as PLATFORM
from ksimage.text import FILE_TRANSPORTS

MAX_ENTRIES: Final = 500
"""Of one list or mapping in a file."""

Shape = Literal["text", "number", "truth", "list", "map"]
Schema = Mapping[str, object]

_ANY_TEXT: Final = ("string", "number", "boolean")
_PLACEHOLDER: Final = r"\{(?:" + "|".join(values.PLACEHOLDERS) + r")\}"
_RESERVED: Final = "|".join(
    prefix.rstrip(".").replace(".", r"\.") for prefix in values.RESERVED_LABELS
)


class SettingKind(NamedTuple):
    """One kind of setting.

    Attributes:
        read: one value from its text; paths are relative to the folder. Raises Refused.
        schema: of the whole setting in a file.
        shape: what YAML has to be there.
    """

    read: Callable[[str, Path], object]
    schema: Schema = MappingProxyType({})
    shape: Shape = "text"


def _plain(read: Callable[[str], object]) -> Callable[[str, Path], object]:
    return lambda text, _: read(text)


def _list(items: Schema) -> Schema:
    return {"type": "array", "maxItems": MAX_ENTRIES, "uniqueItems": True, "items": items}


def _matching(pattern: str) -> Schema:
    return {"type": "string", "pattern": f"^(?:{pattern})$"}


def _choice(known: tuple[str, ...]) -> SettingKind:
    return SettingKind(lambda text, _: values.one_of(text, known), {"enum": list(known)})


def _number(lowest: int, highest: int) -> SettingKind:
    schema = {"type": "integer", "minimum": lowest, "maximum": highest}
    return SettingKind(lambda text, _: values.integer(text, lowest, highest), schema, "number")


def _object(properties: Mapping[str, Schema], *required: str) -> Schema:
    must = {"required": list(required)} if required else {}
    return {"type": "object", "additionalProperties": False, **must, "properties": properties}


def _map(names: Schema, entries: Schema) -> Schema:
    return {
        "type": "object",
        "maxProperties": MAX_ENTRIES,
        "propertyNames": names,
        "additionalProperties": entries,
    }


_PATH: Final = {"type": list(_ANY_TEXT), "minLength": 1}
_RELEASE: Final = {"type": "string", "pattern": r"^(?:[<>=!].*[0-9].*|[A-Za-z0-9][A-Za-z0-9._-]*)$"}
_PINNED: Final = _object(
    {
        "release": {**_RELEASE, "description": "the release's name"},
        "base": {
            "type": "string",
            "pattern": "^sha256:[0-9a-f]{64}$",
            "description": "digest that the base image must have",
        },
    },
    "release",
)
_HOST: Final = _object(
    {
        "ca_file": {**_PATH, "description": "CA certificates (PEM) trusted for this host"},
        "insecure": {
            "type": "boolean",
            "description": "accept any certificate, and plain HTTP, from this host",
        },
    }
)

KINDS: Final[Mapping[str, SettingKind]] = {
    "source": SettingKind(values.anchored_source, {"type": "string", "pattern": "[:/]."}),
    "target": SettingKind(
        _plain(values.target),
        {
            "type": "string",
            "pattern": "^[^@]+/[^@]+$",
            "not": {"pattern": f"^(?:docker-daemon|{'|'.join(FILE_TRANSPORTS)}):"},
        },
    ),
    "release-list": SettingKind(
        _plain(selection.checked), _list({"anyOf": [_RELEASE, _PINNED]}), "list"
    ),
    "platform-list": SettingKind(
        _plain(values.platform), _list(_matching(PLATFORM.pattern)), "list"
    ),
    "patch-list": SettingKind(
        _plain(values.patch), _list(_matching(values.PATCH_NAME.pattern)), "list"
    ),
    "path": SettingKind(values.anchored, _PATH),
    "path-list": SettingKind(values.anchored, _list(_PATH), "list"),
    "mode": _choice(values.MODES),
    "verbosity": _number(0, values.MAX_VERBOSITY),
    "tag_template": SettingKind(
        _plain(values.tag_template),
        {
            "type": list(_ANY_TEXT),
            "pattern": rf"^(?:[A-Za-z0-9_]|{_PLACEHOLDER})(?:[A-Za-z0-9_.-]|{_PLACEHOLDER})*$",
        },
    ),
    "label-map": SettingKind(
        _plain(values.label_value),
        _map(
            {
                "pattern": f"^{values.LABEL_KEY.pattern}$",
                "not": {"pattern": rf"^(?:{_RESERVED})(?:\.|$)"},
            },
            {"type": list(_ANY_TEXT), "maxLength": values.MAX_TEXT},
        ),
        "map",
    ),
    "engine": _choice(values.ENGINES),
    "jobs": _number(1, values.MAX_JOBS),
    "registry-map": SettingKind(_plain(values.host), _map({"pattern": "^[^/@]+$"}, _HOST), "map"),
    "boolean": SettingKind(_plain(values.boolean), {"type": "boolean"}, "truth"),
    "credential": SettingKind(_plain(values.credential)),
    "secret": SettingKind(_plain(values.credential)),
}
