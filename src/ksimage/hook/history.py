"""What a layer's history entry says: which layers need not be read, and which are worth it.

A history is text that anybody can write, and a destination is where it says only while no symbolic
link is in the way: ``ADD custom.py /app/installRunner.py`` may well be the hook. So a layer is
passed over only when its history entry is word for word one of those that upstream's images have,
for a place that upstream's Dockerfiles fill with something else: roles, env and playbooks
(``Dockerfile`` and ``Dockerfile.complete``, v3.0.0 to v3.4.1).

Below the hook's layer it is the other way round. Nothing there can be the hook, but a second
executable below ``/hooks`` would be run as well, and most of an image's bytes are there. So a layer
is read when its words name that folder otherwise than upstream's do, or do not say where to.
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


_UPSTREAMS = re.compile(
    # Dockerfile.complete and the shell-operator's own Dockerfile; each word stands in a RUN
    r"mkdir (-p )?/hooks(/kubesphere)?(?![\w/])|chown -R kubesphere:kubesphere /hooks(?![\w/])"
    r"|chmod \+x -R /hooks/kubesphere(?![\w/])"
)
_HOOKS = re.compile(
    r"/bin/sh -c #\(nop\) ADD multi:[0-9a-f]{12,64} in /hooks/kubesphere/ ?"
    r"|ADD controller/\* /hooks/kubesphere/ # buildkit"
)
_INSTRUCTION = re.compile(r"(?:RUN|COPY|ADD|WORKDIR) |/bin/sh -c |\|\d+ |# debian\.sh ")
_COPY = re.compile(r"(?:/bin/sh -c #\(nop\) )?(?:ADD|COPY)\b(.*?)(?: # buildkit)?")


def may_add_executable(created_by: str | None) -> bool:
    """Whether a layer below the hook's is to be read for other files below ``/hooks``."""
    if not created_by or not _INSTRUCTION.match(created_by):
        return True  # jib, bazel, nix: they say nothing about it
    if cannot_hold_hook(created_by) or _HOOKS.fullmatch(created_by):
        return False
    if "hooks" in _UPSTREAMS.sub("", created_by):
        return True
    copied = _COPY.fullmatch(created_by)
    destination = copied[1].strip().rpartition(" ")[2].strip("\"[]'") if copied else "/"
    return not destination.startswith("/")
