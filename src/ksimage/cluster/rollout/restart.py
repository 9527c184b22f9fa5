"""What a restart of the installer means: which work is done anew. Said before it is done.

From ks-installer's installRunner.py: generate_new_cluster_configuration (v3.1.1 and later), the
fixed list of pre-install steps, and the roles' ``when: status.<component>.status != 'enabled'``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ksimage.cluster.objects import at, text

if TYPE_CHECKING:
    from collections.abc import Mapping

ALWAYS: Final = "preinstall, metrics-server, common, ks-core, ks-config and result-info"
_FIRST_TO_RECREATE: Final = (3, 1, 1)
_NOT_COMPONENTS: Final = (
    "core", "clusterId", "enabledComponents", "ks-core", "ks-config", "common",
)  # fmt: skip


def consequences(configuration: Mapping[str, object], release: str) -> list[str]:
    """Sentences about what a restart of the installer does in this cluster.

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
    enabled = _done(status)
    wanted = _wanted(spec)
    lines = [f"run again: {ALWAYS}"]
    again = [name for name in wanted if name not in enabled]
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


def _done(status: object) -> list[str]:
    entries = status.items() if isinstance(status, dict) else ()
    return sorted(
        str(name)
        for name, entry in entries
        if name not in _NOT_COMPONENTS and text(entry, "status") == "enabled"
    )


def _wanted(spec: object) -> list[str]:
    entries = spec.items() if isinstance(spec, dict) else ()
    enabled = [str(name) for name, part in entries if at(part, "enabled") is True]
    return sorted({"monitoring", *enabled})
