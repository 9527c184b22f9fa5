"""``ksimage config``: what is in force and where each value came from. Hides what is secret."""

from __future__ import annotations

from typing import Any, Final

from ksimage.config.options import OPTIONS
from ksimage.config.settings import Origin, Settings

HIDDEN: Final = "(set, hidden)"


def values_in_force(settings: Settings) -> dict[str, Any]:
    """JSON-ready values by setting key; a secret is HIDDEN or None."""
    patches = settings.patches
    return {
        "source": settings.source,
        "target": settings.target,
        "releases": [
            {"release": choice.pattern, "base": choice.base} if choice.base else choice.pattern
            for choice in settings.releases
        ],
        "platforms": list(settings.platforms),
        "patches.with": list(patches.include),
        "patches.without": list(patches.exclude),
        "patches.dir": patches.directory and str(patches.directory),
        "patches.mode": patches.mode,
        "patches.files": [str(path) for path in patches.files],
        "verbosity": settings.verbosity,
        "tag": settings.tag,
        "labels": dict(settings.labels),
        "engine": settings.engine,
        "jobs": settings.jobs,
        "registries": {
            host: {"ca_file": entry.ca_file and str(entry.ca_file), "insecure": entry.insecure}
            for host, entry in settings.registries.items()
        },
        "ca_file": settings.ca_file and str(settings.ca_file),
        "insecure": settings.insecure,
        "username": settings.username,
        "password": HIDDEN if settings.password else None,
    }


def render_settings(settings: Settings) -> list[tuple[str, str, str]]:
    """Rows of key, value and origin, in the table's order; a row for each label and host."""
    rows: list[tuple[str, str, str]] = []
    in_force = values_in_force(settings)
    for option in OPTIONS:
        value = in_force[option.key]
        if option.kind.endswith("-map"):
            rows += [
                (f"{option.key}.{name}", _text(entry), str(_origin(settings, option.key, name)))
                for name, entry in value.items()
            ] or [(option.key, "", "default")]
        else:
            rows.append((option.key, _text(value), str(settings.origins[option.key])))
    return rows


def settings_document(settings: Settings) -> dict[str, Any]:
    """One JSON document: each key with its value and where that came from."""
    document: dict[str, Any] = {}
    for option in OPTIONS:
        value = values_in_force(settings)[option.key]
        if option.kind.endswith("-map"):
            document[option.key] = {
                name: _entry(entry, _origin(settings, option.key, name))
                for name, entry in value.items()
            }
        else:
            document[option.key] = _entry(value, settings.origins[option.key])
    return {"file": settings.file and str(settings.file), "settings": document}


def _origin(settings: Settings, key: str, name: str) -> Origin:
    return settings.origins[f"{key}.{name}"]


def _entry(value: Any, origin: Origin) -> dict[str, Any]:
    return {"value": value, "origin": {"kind": origin.kind, "detail": origin.detail}}


def _text(value: Any) -> str:
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
