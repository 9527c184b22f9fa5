"""Values from the environment and the command line, by the same checks as the file's.

``KSIMAGE_...`` variables hold lists separated by blanks and quoted as in a shell. What is wrong
with a variable is a fault of the settings; with a flag, an error of usage.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from pathlib import Path

from ksimage.config import values
from ksimage.config.kinds import KINDS
from ksimage.config.settings import BY_KEY, SETTINGS, ReleaseChoice, Setting, SettingOrigin
from ksimage.config.values import Refused
from ksimage.errors import BadOption
from ksimage.errors.config import Fault

MAX_VARIABLE = 1 << 16
"""Characters."""

Found = tuple[dict[str, object], dict[str, SettingOrigin]]
"""Values by setting key, and their origins."""


def from_environment(environ: Mapping[str, str], cwd: Path) -> tuple[Found, list[Fault]]:
    """What the variables say, and the faults. An empty variable is an unset one."""
    found: dict[str, object] = {}
    origins: dict[str, SettingOrigin] = {}
    faults: list[Fault] = []
    for setting in SETTINGS:
        text = environ.get(setting.variable, "")
        if not text or setting.kind == "registry-map":
            continue
        origin = SettingOrigin("environment", setting.variable)
        try:
            several = KINDS[setting.kind].shape in ("list", "map")
            read = _read(setting, _words(text) if several else [text], cwd, origin)
        except Refused as refused:
            faults.append(Fault(setting.variable, 0, 0, "", refused.reason, refused.nearest))
            continue
        found.update(read)
        origins.update(dict.fromkeys(read, origin))
    return (found, origins), faults


def from_flags(flags: Mapping[str, object], cwd: Path) -> Found:
    """What the command line says. None and empty collections count as not given.

    Args:
        flags: by setting key. Single values may be text or typed, lists any iterable of text;
            labels are ``KEY=VALUE`` texts or a mapping.
        cwd: the folder that relative paths are below.

    Raises:
        BadOption: a value cannot be used.
        KeyError: a key that is no setting (a mistake of the caller).
    """
    found: dict[str, object] = {}
    origins: dict[str, SettingOrigin] = {}
    for key, given in flags.items():
        setting = BY_KEY[key]
        if given is None or (isinstance(given, (list, tuple, dict)) and not given):
            continue
        origin = SettingOrigin("flag", setting.flag or key)
        try:
            read = _read(setting, _texts(given), cwd, origin)
        except Refused as refused:
            raise BadOption(setting.flag or key, refused.reason, refused.nearest) from None
        found.update(read)
        origins.update(dict.fromkeys(read, origin))
    return found, origins


def _read(
    setting: Setting, texts: list[str], cwd: Path, origin: SettingOrigin
) -> dict[str, object]:
    """A setting's value, by its key; of a mapping each entry's, by a key of its own."""
    kind = KINDS[setting.kind]
    if setting.kind == "label-map":
        return {f"{setting.key}.{name}": value for name, value in map(label, texts)}
    if setting.kind == "source" and origin.kind == "flag":  # for one run, a single image will do
        return {setting.key: values.anchored_source(texts[0], cwd, one_image=True)}
    read = [kind.read(text, cwd) for text in texts]
    if kind.shape != "list":
        return {setting.key: read[0]}
    items = tuple(dict.fromkeys(read))
    if setting.kind == "release-list":
        return {setting.key: tuple(ReleaseChoice(str(item), None, origin) for item in items)}
    return {setting.key: items}


def label(text: str) -> tuple[str, str]:
    """``KEY=VALUE`` of a label. Raises Refused."""
    key, equals, value = text.partition("=")
    if not equals:
        raise Refused(f"{values.shown(text)} is not KEY=VALUE")
    return values.label_key(key), values.label_value(value)


def _words(text: str) -> list[str]:
    if len(text) > MAX_VARIABLE:
        raise Refused(f"is longer than {MAX_VARIABLE} characters")
    try:
        return shlex.split(text)
    except ValueError:
        raise Refused("has a quote without its partner") from None


def _texts(given: object) -> list[str]:
    if isinstance(given, Mapping):
        return [f"{name}={value}" for name, value in given.items()]
    if isinstance(given, str) or not isinstance(given, Iterable):
        return [str(given)]
    return [str(item) for item in given]
