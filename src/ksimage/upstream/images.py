"""How upstream's images are run: what their Dockerfiles set, release by release.

Read from kubesphere/ks-installer at every supported tag. Up to v3.2.1 the published image comes
from ``Dockerfile`` (USER, WORKDIR and ANSIBLE_ROLES_PATH) over kubespheredev/shell-operator
(``Dockerfile.shelloperator``: ENTRYPOINT, CMD, SHELL_OPERATOR_WORKING_DIR), since v3.3.0 from
``Dockerfile.complete``, which sets all of them, and ARCH besides. No release differs in more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.errors import UnknownRelease
from ksimage.upstream import releases

if TYPE_CHECKING:
    from collections.abc import Mapping

USERS: Final = ("kubesphere", "1002", "1002:1002", "kubesphere:kubesphere")
"""Spellings of upstream's user: adduser -u 1002, in every release."""
UID: Final = 1002
SHEBANGS: Final = (b"#!/usr/bin/env python3", b"#!/usr/local/bin/python3")
"""First lines that start the image's Python: upstream's, and the python image's own path."""


class RunSettings(NamedTuple):
    """What an image of upstream's sets, and the mode of its hook."""

    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    user: str
    workdir: str
    env: Mapping[str, str]
    mode: int


_ENV = {
    "SHELL_OPERATOR_WORKING_DIR": "/hooks",
    "ANSIBLE_ROLES_PATH": "/kubesphere/installer/roles",
}
_UP_TO_32: Final = RunSettings(
    ("/shell-operator",), ("start",), "kubesphere", "/kubesphere", _ENV, 0o755
)
_SINCE_33: Final = _UP_TO_32._replace(env={"ARCH": "amd64", **_ENV})

_TABLE: Final = ((">=3.0.0 <3.3", _UP_TO_32), (">=3.3", _SINCE_33))


def run_settings(release: str) -> RunSettings:
    """The settings of a release's image; those that all have for a name that is no release."""
    try:
        known = releases.find(release)
    except UnknownRelease:
        return _UP_TO_32
    return next((s for wanted, s in _TABLE if releases.in_range(known, wanted)), _UP_TO_32)
