"""Which layers need not be read, because upstream's own words say what is in them.

A history is text that anybody can write, and a destination is where it says only while no symbolic
link is in the way: ``ADD custom.py /app/installRunner.py`` may well be the hook. So a layer is
passed over only when its history entry is word for word one of those that upstream's images have,
for a place that upstream's Dockerfiles fill with something else: roles, env and playbooks
(``Dockerfile`` and ``Dockerfile.complete``, v3.0.0 to v3.4.1).
"""

from __future__ import annotations

import re

_PLACES = {
    "roles": "/kubesphere/installer/roles",
    "env": "/kubesphere/results/env",
    "playbooks": "/kubesphere/playbooks",
}
_WORDS = re.compile(
    "|".join(
        # the classic builder (and buildah's copy of its words), then BuildKit
        rf"/bin/sh -c #\(nop\) ADD dir:[0-9a-f]{{12,64}} in {place} ?|ADD {name} {place} # buildkit"
        for name, place in _PLACES.items()
    )
)


def cannot_hold_hook(created_by: str | None) -> bool:
    """Whether a layer's history entry is upstream's, and about something else than the hook."""
    return created_by is not None and _WORDS.fullmatch(created_by) is not None
