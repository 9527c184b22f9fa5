"""The hooks that the patches are tried on, and applying a selection of the shipped patches.

With KS_INSTALLER_REPO (a clone of upstream) these are upstream's own hooks; without it, the
miniature installer's, which makes the same calls in the same shapes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from unittest import mock

from ksimage.hook import proof
from ksimage.patching import apply, series
from tests.support import requires

if TYPE_CHECKING:
    from collections.abc import Sequence

TOP = Path(__file__).parents[2]
PATCHES = TOP / "patches"
DEFAULTS = (
    "unquiet", "verbosity", "keep-output", "labelled-output", "poll-interval", "failure-report",
)  # fmt: skip
MINIATURE = TOP / "examples" / "mini" / "hooks" / "kubesphere" / "installRunner.py"


def is_miniature(hook: bytes) -> bool:
    """Its sequence is shorter, and two of the parallel playbooks have to be enabled."""
    return b"clusterFile" in hook


def pristine(release: str = "v3.3.2") -> bytes:
    """The hook of a release. Only the default may stand for "some hook": the miniature's, then."""
    repository = os.environ.get("KS_INSTALLER_REPO")
    if repository:
        return subprocess.run(
            ["git", "-C", repository, "show", f"{release}:controller/installRunner.py"],
            check=True,
            capture_output=True,
        ).stdout
    if release != "v3.3.2":
        requires.variable("KS_INSTALLER_REPO", f"a clone of upstream, for the hook of {release}")
    return MINIATURE.read_bytes()


def patched(hook: bytes, names: Sequence[str] = DEFAULTS) -> bytes:
    """The hook with the named patches applied, strictly; v3.0's without poll-interval."""
    shipped = series.load(PATCHES)
    if b"while True:\n        time.sleep(interval)" in hook:
        names = [name for name in names if name != "poll-interval"]
    result = apply.apply_series(hook, [shipped.find(name).patch for name in names])
    if {"unquiet", "verbosity"} <= set(names):
        proof.prove_hook(result.after, base=hook)
    return result.after


def in_process(hook: bytes) -> Any:
    """The hook as a module of this process, for calling its functions without any playbook."""
    kubernetes = ModuleType("kubernetes")
    vars(kubernetes).update(client=None, config=None)
    absent = {"ansible_runner": ModuleType("ansible_runner"), "kubernetes": kubernetes}
    module = ModuleType("hook")
    with mock.patch.dict(sys.modules, absent):
        exec(compile(hook, "installRunner.py", "exec"), vars(module))
    return module
