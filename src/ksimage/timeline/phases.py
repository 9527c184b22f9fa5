"""In which order the installer works, whatever it is asked to install."""

from __future__ import annotations

PARALLEL = "components"
LAST = "result-info"
"""When this one ends, the installation is done and the web UI can be used."""
ORDER = ("pre-install", "metrics-server", "common", "ks-core", PARALLEL, "ks-config", LAST, "after")
"""All phases. Those of ``components`` run side by side; ``after`` is migration and telemetry."""

_BY_FOLDER = {
    "preinstall": "pre-install",
    "metrics_server": "metrics-server",
    "common": "common",
    "ks-core": "ks-core",
    "ks-config": "ks-config",
    "result-info": LAST,
    "ks-migration": "after",
    "telemetry": "after",
}


def of(component: str) -> str:
    """The phase of a component, named as its results folder is (installRunner.py, all of v3)."""
    return _BY_FOLDER.get(component, PARALLEL)
