"""The stretches that a picture divides an installation into, named as people name them."""

from __future__ import annotations

from ksimage.events import phases

PARALLEL = "components"
LAST = "result-info"
"""When this one ends, the installation is done and the web UI can be used."""
AFTER = "after"
"""Migration and telemetry: nobody waits for them."""

_BY_COMPONENT = {
    **dict(zip(phases.FIRST, ("pre-install", "metrics-server", "common", "ks-core"), strict=True)),
    phases.EARLY: phases.EARLY,
    **{name: name for name in phases.LAST},
    **dict.fromkeys(phases.AFTER, AFTER),
}
_NAMES = list(dict.fromkeys(_BY_COMPONENT.values()))
ORDER = (*_NAMES[:5], PARALLEL, *_NAMES[5:])
"""All of them. The components run side by side, the others one after the other."""


def of(component: str) -> str:
    """The phase of a component, named as its results folder is."""
    return _BY_COMPONENT.get(component, PARALLEL)
