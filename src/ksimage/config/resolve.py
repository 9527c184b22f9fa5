"""Merge flag over environment over file over default, and find the file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeAlias

from ksimage.config import selection, sources
from ksimage.config.settings import (
    CONFIG_NAME,
    CONFIG_VARIABLE,
    DEFAULT_SOURCE,
    SETTINGS,
    SettingOrigin,
    Settings,
)
from ksimage.errors import ConfigFaults, ConfigMisnamed, LoginIncomplete
from ksimage.errors.config import Fault
from ksimage.locations.spec import Transport
from ksimage.locations.spec import parse as parse_location

# Any: each value is of the type that its setting's kind reads (config/kinds.py).
Values: TypeAlias = "Mapping[str, Any]"

_MISNAMED: Final = ("ksimage.yml", ".ksimage.yaml", ".ksimage.yml")


def find_file(cwd: Path) -> Path | None:
    """The nearest ``ksimage.yaml`` from ``cwd`` upwards, or None.

    Raises:
        ConfigMisnamed: a folder on the way holds one under a name that is not read.
    """
    for folder in (cwd, *cwd.parents):
        path = folder / CONFIG_NAME
        if os.path.lexists(path):
            return path
        for name in _MISNAMED:
            if os.path.lexists(folder / name):
                raise ConfigMisnamed(folder / name)
    return None


def resolve(
    given: Mapping[str, object],
    environ: Mapping[str, str],
    config_path: Path | None,
    cwd: Path,
) -> Settings:
    """What is in force for this run.

    Args:
        given: the command line's values by setting key (see ``sources.from_flags``).
        environ: the environment; empty variables count as unset.
        config_path: ``--config``; None looks at KSIMAGE_CONFIG, then upwards from ``cwd``.
            ``/dev/null`` means: no file.
        cwd: the working directory, absolute.

    Raises:
        BadOption: a flag's value cannot be used.
        LoginIncomplete: one half of a login was given by a flag, and the other nowhere.
        ConfigFaults: the file or a variable has faults; it carries all of them.
        ConfigNotFound, ConfigUnreadable, ConfigMisnamed: the file itself.
    """
    merged, origins = sources.from_flags(given, cwd)
    (from_variables, variable_origins), faults = sources.from_environment(environ, cwd)
    path = _chosen_file(config_path, environ, cwd)
    from_file: dict[str, object] = {}
    file_origins: dict[str, SettingOrigin] = {}
    if path is not None:
        from ksimage.config import yamlfile  # PyYAML only where there is a file

        loaded = yamlfile.read(path, shown_path(path, cwd))
        from_file, file_origins = loaded.values, loaded.origins
        faults = [*faults, *loaded.faults]
    merged = {**from_file, **from_variables, **merged}
    origins = {**file_origins, **variable_origins, **origins}
    _require_whole_login(merged, origins)
    faults += _contradictions(merged, origins)
    if faults:
        raise ConfigFaults(faults)
    return _settings(merged, origins, path)


def shown_path(path: Path, cwd: Path) -> str:
    """A path as messages name it: relative below ``cwd``, else absolute."""
    try:
        return str(path.relative_to(cwd))
    except ValueError:
        return str(path)


def _chosen_file(config_path: Path | None, environ: Mapping[str, str], cwd: Path) -> Path | None:
    if config_path is None and environ.get(CONFIG_VARIABLE):
        config_path = Path(environ[CONFIG_VARIABLE])
    if config_path is None:
        return find_file(cwd)
    return None if str(config_path) == os.devnull else cwd / config_path


def _require_whole_login(merged: Values, origins: Mapping[str, SettingOrigin]) -> None:
    """Half a login on the command line is no fault of the settings."""
    for key, other, missing in (
        ("username", "password", "password"),
        ("password", "username", "user name"),
    ):
        if merged.get(key) and not merged.get(other) and origins[key].kind == "flag":
            raise LoginIncomplete(missing)


def _contradictions(merged: Values, origins: Mapping[str, SettingOrigin]) -> list[Fault]:
    """What is wrong only when settings are seen together."""
    faults: list[Fault] = []

    def fault(key: str, reason: str) -> None:
        place, line, column = str(origins[key]), 0, 0
        if origins[key].kind == "file":
            place, line_text, column_text = origins[key].detail.rsplit(":", 2)
            line, column = int(line_text), int(column_text)
        faults.append(Fault(place, line, column, key, reason))

    both = [n for n in merged.get("patches.with", ()) if n in merged.get("patches.without", ())]
    if both:
        fault("patches.without", f"{', '.join(both)} stands below patches.with too")
    own = merged.get("patches.dir") or merged.get("patches.files")
    if merged.get("patches.mode") == "replace" and not own:
        fault("patches.mode", "replace leaves no patch at all without patches.dir or patches.files")
    releases = merged.get("releases", ())
    if (
        len(releases) > 1 or any(choice.is_range for choice in releases)
    ) and "{release}" not in merged.get("tag", "{release}"):
        names = selection.expand(releases)
        if len(names) > 1:
            fault("tag", f"without {{release}} all {len(names)} releases get the same tag")
    if merged.get("username") and not merged.get("password"):
        fault("username", "needs a password: --password-stdin, or KSIMAGE_PASSWORD")
    if merged.get("password") and not merged.get("username"):
        fault("password", "needs an account: --username, or KSIMAGE_USERNAME")
    return faults


def _repository(source: str) -> str:
    """A source without the tag and digest of one image: its results have a tag of their own."""
    head, slash, name = source.partition("@")[0].rpartition("/")
    return f"{head}{slash}{name.partition(':')[0]}"


def _settings(merged: Values, origins: dict[str, SettingOrigin], path: Path | None) -> Settings:
    source = merged.get("source", DEFAULT_SOURCE)
    in_registry = parse_location(source).transport is Transport.REGISTRY
    if "target" not in merged and "source" in merged and in_registry:
        merged = {**merged, "target": _repository(source)}
        origins["target"] = SettingOrigin("default", f"as source, {origins['source']}")
    # Any: values of settings, as above.
    groups: dict[str, dict[str, Any]] = {"": {}}
    for setting in SETTINGS:
        group, _, name = setting.attribute.rpartition(".")
        if setting.is_map:
            begins = f"{setting.key}."
            entries = {k.removeprefix(begins): v for k, v in merged.items() if k.startswith(begins)}
            groups[""][name] = MappingProxyType(dict(sorted(entries.items())))
            continue
        origins.setdefault(setting.key, SettingOrigin("default"))
        if setting.key in merged:
            groups.setdefault(group, {})[name] = merged[setting.key]
    own = groups.pop("")
    defaults = Settings()
    inner = {group: replace(getattr(defaults, group), **found) for group, found in groups.items()}
    return Settings(**own, **inner, file=path, origins=MappingProxyType(origins))
