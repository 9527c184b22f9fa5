"""The ClusterConfiguration: its verbosity, running one component again, what a restart makes of it.

Each is one merge patch, locked by the resourceVersion. Every change of spec makes shell-operator
run the whole hook once more (jqFilter ``.spec``); roles skip what their status calls enabled.
"""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Final

from ksimage.cluster.installer import CONFIGURATION, DEPLOYMENT
from ksimage.cluster.kubectl import Command
from ksimage.errors import ClusterMissing, ComponentUnknown
from ksimage.objects import at, mapping, text, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ksimage.cluster.installer import Installer

ANNOTATION: Final = "io.ksimage.verbosity"
"""What spec.debug.verbosity was before, as JSON; for --undo."""

SECRETS: Final = (
    "from level 1 on the log holds tokens and passwords; 0 does not hide what a failed task prints"
)
ALWAYS: Final = "preinstall, metrics-server, common, ks-core, ks-config and result-info"
_FIRST_TO_RECREATE: Final = (3, 1, 1)
_NO_COMPONENTS: Final = ("core", "clusterId", "enabledComponents")
_ALWAYS_INSTALLED: Final = ("ks-core", "ks-config", "common")


def consequences(configuration: Mapping[str, object], release: str) -> list[str]:
    """Sentences about what a restart of the installer does in this cluster: what is done anew.

    From ks-installer's installRunner.py: generate_new_cluster_configuration (v3.1.1 and later), the
    fixed list of pre-install steps, the roles' ``when: status.<component>.status != 'enabled'``.

    Args:
        configuration: the ClusterConfiguration; empty when there is none.
        release: of the hook that will run; decides what it compares the status with.
    """
    if not configuration:
        return ["there is no ClusterConfiguration: the installer waits for one and does nothing"]
    status, spec = at(configuration, "status"), at(configuration, "spec")
    core = at(status, "core")
    if not isinstance(core, dict):
        return ["nothing has been installed yet: the whole installation runs, from the beginning"]
    version = text(core, "version")
    if _recreates(release) and version != _plain(release):
        why = (
            f"status.core.version is {version}"
            if version
            else "the installation has not come to its end"
        )
        return [
            f"{why}: ks-installer {_plain(release)} deletes the ClusterConfiguration, creates it"
            " anew without its status, and installs every component again; the rest of its spec"
            " stays, annotations and labels do not"
        ]
    enabled = sorted(
        name
        for name, entry in mapping(status).items()
        if name not in (*_NO_COMPONENTS, *_ALWAYS_INSTALLED) and text(entry, "status") == "enabled"
    )
    wanted = {name for name, part in mapping(spec).items() if at(part, "enabled") is True}
    lines = [f"run again: {ALWAYS}"]
    again = [name for name in sorted({"monitoring", *wanted}) if name not in enabled]
    if again:
        lines.append(f"installed, because their status is not enabled: {', '.join(again)}")
    if enabled:
        lines.append(f"left alone, because their status is enabled: {', '.join(enabled)}")
    return lines


def _recreates(release: str) -> bool:
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", release)
    return found is None or tuple(map(int, found.groups())) >= _FIRST_TO_RECREATE


def _plain(release: str) -> str:
    """v3.3.2 of v3.3.2-debug."""
    return release.partition("-")[0]


def verbosity(installer: Installer, level: int | None) -> Command:
    """Set spec.debug.verbosity, or take it out.

    Raises:
        ClusterMissing: there is no ClusterConfiguration.
    """
    found = _required(installer)
    annotations = texts(found, "metadata", "annotations")
    kept = {} if ANNOTATION in annotations else {ANNOTATION: json.dumps(_level(found))}
    what = "take spec.debug.verbosity out" if level is None else f"set the verbosity to {level}"
    return _patch(found, kept, {"spec": {"debug": _debug(found, level)}}, what)


def undo_verbosity(installer: Installer) -> Command | None:
    """Put back what spec.debug.verbosity was; None where it was not changed from here."""
    annotation = texts(installer.configuration, "metadata", "annotations").get(ANNOTATION)
    if annotation is None:
        return None
    try:
        before = json.loads(annotation)
    except (ValueError, RecursionError):
        before = None
    if isinstance(before, (dict, list)):
        before = None
    return _patch(
        installer.configuration,
        {ANNOTATION: None},
        {"spec": {"debug": _debug(installer.configuration, before)}},
        "put the verbosity of before back",
    )


def component(installer: Installer, name: str) -> Command:
    """Have one component installed again: its status entry goes, and spec changes.

    Raises:
        ClusterMissing: there is no ClusterConfiguration.
        ComponentUnknown
    """
    found = _required(installer)
    known = components(found)
    if name not in known:
        raise ComponentUnknown(name, known)
    status: dict[str, object] = {}
    if isinstance(at(found, "status", name), dict):
        status = {"status": {name: None}}
    # A text in a map without `enabled`: nothing that the hook would take for a component.
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    change = {"spec": {"debug": {"again": f"{name} {moment}"}}, **status}
    return _patch(found, {}, change, f"have {name} installed again")


def components(configuration: Mapping[str, object]) -> list[str]:
    """Names that --component takes."""
    spec, status = at(configuration, "spec"), at(configuration, "status")
    names = {"monitoring"}
    for part in (spec, status):
        for name, entry in part.items() if isinstance(part, dict) else ():
            if isinstance(entry, dict) and ("enabled" in entry or "status" in entry):
                names.add(str(name))
    return sorted(names - set(_NO_COMPONENTS))


def meaning(installer: Installer, release: str, name: str = "") -> list[str]:
    """What a change of spec makes the installer do."""
    lines = ["each change of spec is one more whole run of the hook"]
    changed = installer.configuration
    if name:
        lines.insert(
            0,
            f"{name} is installed as if for the first time: its defaults replace what you changed",
        )
        status = mapping(changed, "status").items()
        changed = {**changed, "status": {key: value for key, value in status if key != name}}
    return [*lines, *consequences(changed, release)]


def _required(installer: Installer) -> Mapping[str, object]:
    if not installer.configuration:
        raise ClusterMissing("there is no ClusterConfiguration ks-installer")
    return installer.configuration


def _debug(configuration: Mapping[str, object], level: object) -> dict[str, object] | None:
    """The part of a merge patch; nothing is left of a map that held nothing else."""
    others = set(mapping(configuration, "spec", "debug")) - {"verbosity"}
    return None if level is None and not others else {"verbosity": level}


def _level(configuration: Mapping[str, object]) -> object:
    return at(configuration, "spec", "debug", "verbosity")


def _patch(
    configuration: Mapping[str, object],
    annotations: Mapping[str, str | None],
    change: dict[str, object],
    why: str,
) -> Command:
    metadata: dict[str, object] = {
        "resourceVersion": text(configuration, "metadata", "resourceVersion")
    }
    if annotations:
        metadata["annotations"] = dict(annotations)
    document = json.dumps({"metadata": metadata, **change}, separators=(",", ":"))
    return Command(("patch", CONFIGURATION, DEPLOYMENT, "--type=merge", f"--patch={document}"), why)
