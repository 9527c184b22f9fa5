"""``KSIMAGE_...`` variables. Lists are separated by blanks and quoted as in a shell."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from ksimage.config import selection, values
from ksimage.config.options import OPTIONS, Option
from ksimage.config.settings import Origin, ReleaseChoice
from ksimage.config.values import Refused
from ksimage.errors.config import Fault

_SINGLE: Final[Mapping[str, Callable[[str], object]]] = {
    "target": values.target,
    "mode": values.mode,
    "verbosity": values.verbosity,
    "tag_template": values.tag_template,
    "engine": values.engine,
    "jobs": values.jobs,
    "boolean": values.boolean,
    "credential": values.credential,
}
_LISTS: Final[Mapping[str, Callable[[str], object]]] = {
    "release-list": selection.checked,
    "platform-list": values.platform,
    "patch-list": values.patch,
}


def read(
    environ: Mapping[str, str], cwd: Path
) -> tuple[dict[str, object], dict[str, Origin], list[Fault]]:
    """Values by setting key, their origins, and the faults. An empty variable is an unset one."""
    found: dict[str, object] = {}
    origins: dict[str, Origin] = {}
    faults: list[Fault] = []
    for option in OPTIONS:
        text = environ.get(option.variable, "")
        if not text or option.kind == "registry-map":
            continue
        origin = Origin("environment", option.variable)
        try:
            for key, value in _read(option, text, cwd, origin):
                found[key] = value
                origins[key] = origin
        except Refused as refused:
            faults.append(Fault(option.variable, 0, 0, "", refused.reason, refused.nearest))
    return found, origins, faults


def _read(option: Option, text: str, cwd: Path, origin: Origin) -> list[tuple[str, object]]:
    if option.kind == "source":
        return [(option.key, values.anchored_source(text, cwd))]
    if option.kind == "path":
        return [(option.key, values.anchored(text, cwd))]
    if option.kind in _SINGLE:
        return [(option.key, _SINGLE[option.kind](text))]
    words = _words(text)
    if option.kind == "label-map":
        return [(f"labels.{key}", value) for key, value in map(label, words)]
    if option.kind == "path-list":
        return [(option.key, tuple(values.anchored(word, cwd) for word in words))]
    items = dict.fromkeys(_LISTS[option.kind](word) for word in words)
    if option.kind == "release-list":
        return [(option.key, tuple(ReleaseChoice(str(i), None, origin) for i in items))]
    return [(option.key, tuple(items))]


def _words(text: str) -> list[str]:
    if len(text) > 1 << 16:
        raise Refused("is longer than 65536 characters")
    try:
        return shlex.split(text)
    except ValueError:
        raise Refused("has a quote without its partner") from None


def label(text: str) -> tuple[str, str]:
    """``KEY=VALUE`` of a label. Raises Refused."""
    key, equals, value = text.partition("=")
    if not equals:
        raise Refused(f"{values.shown(text)} is not KEY=VALUE")
    return values.label_key(key), values.label_value(value)
