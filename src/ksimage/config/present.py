"""``ksimage config``: what is in force and where each value came from, without what is secret; for
editors, the JSON Schema of ksimage.yaml.

The schema says less than the loader: no schema knows which releases exist, or sees a key twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from ksimage.config.kinds import KINDS
from ksimage.config.settings import SETTINGS, ReleaseChoice, SettingOrigin, Settings

HIDDEN: Final = "(set, hidden)"

Json = str | int | bool | list["Json"] | dict[str, "Json"] | None


def values_in_force(settings: Settings) -> dict[str, Json]:
    """JSON-ready values by setting key; a secret is HIDDEN or None."""
    found = {setting.key: _json(setting.of(settings)) for setting in SETTINGS}
    for setting in SETTINGS:
        if setting.kind == "secret" and found[setting.key]:
            found[setting.key] = HIDDEN
    return found


def render_settings(settings: Settings) -> list[tuple[str, str, str]]:
    """Rows of key, value and origin, in the table's order; a row for each label and host."""
    rows: list[tuple[str, str, str]] = []
    for key, value in values_in_force(settings).items():
        if key in settings.origins:
            rows.append((key, _text(value), str(settings.origins[key])))
        elif isinstance(value, dict) and value:
            rows += [
                (f"{key}.{name}", _text(entry), str(settings.origins[f"{key}.{name}"]))
                for name, entry in value.items()
            ]
        else:
            rows.append((key, "", "default"))
    return rows


def settings_document(settings: Settings) -> dict[str, Json]:
    """One JSON document: each key with its value and where that came from."""
    document: dict[str, Json] = {}
    for key, value in values_in_force(settings).items():
        if key in settings.origins:
            document[key] = _entry(value, settings.origins[key])
        elif isinstance(value, dict):
            document[key] = {
                name: _entry(entry, settings.origins[f"{key}.{name}"])
                for name, entry in value.items()
            }
    return {"file": _json(settings.file), "settings": document}


def _entry(value: Json, origin: SettingOrigin) -> Json:
    return {"value": value, "origin": {"kind": origin.kind, "detail": origin.detail}}


def _json(value: object) -> Json:
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, ReleaseChoice):
        return {"release": value.pattern, "base": value.base} if value.base else value.pattern
    if isinstance(value, Mapping):
        return {name: _json(entry) for name, entry in value.items()}
    if hasattr(value, "_asdict"):
        return _json(value._asdict())
    assert isinstance(value, tuple)
    return [_json(item) for item in value]


def _text(value: Json) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return " ".join(_text(item) for item in value)
    if isinstance(value, dict):
        if "release" in value:
            return f"{value['release']}@{value['base']}"
        return " ".join(f"{k}={_text(v)}" for k, v in value.items() if v not in (None, False))
    return str(value)


def schema() -> dict[str, object]:
    """The schema (draft-07, which editors' YAML support knows best)."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "ksimage.yaml",
        "description": "Settings of ksimage. Relative paths are relative to the file.",
        **_mapping(""),
    }


def schema_text() -> str:
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
