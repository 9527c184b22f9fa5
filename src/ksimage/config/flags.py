"""Values from the command line, by the same checks as the file's; faults are usage errors."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

from ksimage.config import selection, values
from ksimage.config.environment import label
from ksimage.config.options import BY_KEY, Option
from ksimage.config.settings import Origin, ReleaseChoice
from ksimage.config.values import Refused
from ksimage.errors import BadOption

_TEXT: Final[Mapping[str, Callable[[str], object]]] = {
    "target": values.target,
    "mode": values.mode,
    "verbosity": values.verbosity,
    "tag_template": values.tag_template,
    "engine": values.engine,
    "jobs": values.jobs,
    "boolean": values.boolean,
    "credential": values.credential,
    "release-list": selection.checked,
    "platform-list": values.platform,
    "patch-list": values.patch,
}


def read(flags: Mapping[str, object], cwd: Path) -> tuple[dict[str, object], dict[str, Origin]]:
    """Values by setting key and their origins. None and empty collections count as not given.

    Args:
        flags: by setting key. Single values may be text or typed, lists any iterable of text;
            labels are ``KEY=VALUE`` texts or a mapping.

    Raises:
        BadOption: a value cannot be used.
        KeyError: a key that is no setting (a mistake of the caller).
    """
    found: dict[str, object] = {}
    origins: dict[str, Origin] = {}
    for key, given in flags.items():
        option = BY_KEY[key]
        if given is None or (isinstance(given, (list, tuple, dict)) and not given):
            continue
        origin = Origin("flag", option.flag or key)
        try:
            for name, value in _read(option, given, cwd, origin):
                found[name] = value
                origins[name] = origin
        except Refused as refused:
            raise BadOption(option.flag or key, refused.reason, refused.nearest) from None
    return found, origins


def _read(option: Option, given: object, cwd: Path, origin: Origin) -> list[tuple[str, object]]:
    if option.kind == "source":
        return [(option.key, values.anchored_source(_text(given), cwd, one_image=True))]
    if option.kind == "path":
        return [(option.key, values.anchored(_text(given), cwd))]
    if option.kind == "label-map":
        pairs = given.items() if isinstance(given, Mapping) else map(label, _texts(given))
        return [
            (f"labels.{values.label_key(name)}", values.label_value(value)) for name, value in pairs
        ]
    if option.kind == "path-list":
        return [(option.key, tuple(values.anchored(text, cwd) for text in _texts(given)))]
    check = _TEXT[option.kind]
    if option.kind == "release-list":
        choices = dict.fromkeys(str(check(text)) for text in _texts(given))
        return [(option.key, tuple(ReleaseChoice(choice, None, origin) for choice in choices))]
    if option.kind.endswith("-list"):
        return [(option.key, tuple(dict.fromkeys(check(text) for text in _texts(given))))]
    return [(option.key, check(_text(given)))]


def _text(given: object) -> str:
    if isinstance(given, os.PathLike):
        return str(os.fspath(given))
    return str(given)


def _texts(given: object) -> Iterable[str]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        return [_text(given)]
    return [_text(item) for item in given]
