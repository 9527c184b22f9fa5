"""The ClusterConfiguration: its verbosity, and running one component again.

Each is one merge patch, locked by the resourceVersion. Every change of spec makes shell-operator
run the whole hook once more (jqFilter ``.spec``); roles skip what their status calls enabled.
"""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Final

from ksimage.cluster.command import Command
from ksimage.cluster.installer import CONFIGURATION, DEPLOYMENT
from ksimage.cluster.objects import at, mapping, text, texts
from ksimage.cluster.rollout import restart
from ksimage.errors import ClusterMissing, ComponentUnknown

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ksimage.cluster.installer import Installer

ANNOTATION: Final = "io.ksimage.verbosity"
"""What spec.debug.verbosity was before, as JSON; for --undo."""

SECRETS: Final = (
    "from level 1 on the log holds tokens and passwords; 0 does not hide what a failed task prints"
)
_NO_COMPONENTS: Final = ("core", "clusterId", "enabledComponents")


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
    lines = []
    if name:
        lines.append(
            f"{name} is installed as if for the first time: its defaults replace what you changed"
        )
    lines.append("each change of spec is one more whole run of the hook")
    if name:
        without = {
            key: value
            for key, value in mapping(installer.configuration, "status").items()
            if key != name
        }
        changed = {**installer.configuration, "status": without}
        return [*lines, *restart.consequences(changed, release)]
    return [*lines, *restart.consequences(installer.configuration, release)]


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
