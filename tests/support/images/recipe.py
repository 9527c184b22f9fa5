"""What an image like upstream's is made from, with hostile variants."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tests.support.images.mediatypes import Compression, Family
from tests.support.images.steps import Entry, Step

HOOK_PATH = "hooks/kubesphere/installRunner.py"


HOOK = b"""\
#!/usr/bin/env python3
# encoding: utf-8
import sys

import ansible_runner
import kubernetes

if len(sys.argv) > 1 and sys.argv[1] == "--config":
    print('{"onKubernetesEvent": [{"name": "miniature"}]}')
else:
    ansible_runner.run(playbook="/kubesphere/playbooks/preinstall.yaml", quiet=True)
"""


KUBESPHERE = 1002


SHELL_OPERATOR = b"""\
#!/bin/sh
exec /hooks/kubesphere/installRunner.py --config
"""


Variant = Literal[
    "",
    "no-hook",
    "whiteout",
    "whiteout-parent",
    "opaque",
    "symlink",
    "hardlink",
    "directory",
    "fifo",
    "parent-symlink",
    "truncated",
    "bomb",
    "wrong-diff-ids",
    "lying-history",
    "many-layers",
]


@dataclass(frozen=True)
class Recipe:
    """An upstream-like image of one platform.

    Attributes:
        shape: "add" (<= v3.2.1: the hook in an ADD layer, root's) or "chown" (>= v3.3.0: in a RUN
            layer, uid 1002).
        padding: incompressible bytes in the base layer.
        rootfs: a tar with a runnable root file system (``tests/support/rootfs.py``).
        files: added to the ADD layers of roles, env and playbooks by path.
        operator: what stands for shell-operator.
        variant: what is wrong with it.
        bomb: bytes of zeros in the "bomb" variant's layer.
    """

    release: str = "v3.3.2"
    hook: bytes = HOOK
    hook_mode: int = 0o755
    shape: Literal["add", "chown"] = "chown"
    family: Family = "docker"
    compression: Compression = "gzip"
    architecture: str = "amd64"
    variant_of_architecture: str = ""
    padding: int = 0
    seed: int = 1
    rootfs: Path | None = None
    files: tuple[Entry, ...] = ()
    operator: bytes = SHELL_OPERATOR
    labels: dict[str, str] = field(default_factory=lambda: {"maintainer": "kubesphere"})
    variant: Variant = ""
    bomb: int = 400 << 20

    @property
    def owner(self) -> int:
        return KUBESPHERE if self.shape == "chown" else 0

    def steps(self) -> list[Step]:
        from tests.support.images.dockerfiles import steps_of

        return steps_of(self)

    def config(self) -> dict[str, Any]:
        environment = [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG=C.UTF-8",
            "SHELL_OPERATOR_WORKING_DIR=/hooks",
            "ANSIBLE_ROLES_PATH=/kubesphere/installer/roles",
        ]
        if self.shape == "chown":
            environment.insert(2, "ARCH=amd64")
        return {
            "User": "kubesphere",
            "Env": environment,
            "Entrypoint": ["/shell-operator"],
            "Cmd": ["start"],
            "WorkingDir": "/kubesphere",
            "Labels": self.labels,
            "OnBuild": None,
        }
