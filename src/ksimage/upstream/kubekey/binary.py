"""Ask a kk binary which version it is."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Final

from ksimage.errors import KubekeyBinaryFailed, KubekeyVersionUnknown
from ksimage.upstream.kubekey import versions

if TYPE_CHECKING:
    from ksimage.upstream.kubekey.versions import KkVersion

PATIENCE: Final = 10.0
MAX_OUTPUT: Final = 64 << 10


def version_of(program: str) -> KkVersion:
    """Run ``kk version`` and read what it prints.

    Args:
        program: a path, or a name on PATH.

    Raises:
        KubekeyBinaryFailed: it is not there, cannot be run, or prints no version.
        KubekeyWithoutInstaller: kk 4 or later.
    """
    path = shutil.which(program)
    if path is None:
        raise KubekeyBinaryFailed(program, "there is no such program")
    try:
        done = subprocess.run(
            [path, "version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise KubekeyBinaryFailed(program, f"no answer in {PATIENCE:.0f} s") from error
    except OSError as error:
        raise KubekeyBinaryFailed(program, error.strerror or str(error)) from error
    text = done.stdout[:MAX_OUTPUT].decode("utf-8", "replace")
    try:
        return versions.from_output(text)
    except KubekeyVersionUnknown as error:
        first = (text.strip().splitlines() or ["nothing"])[0]
        raise KubekeyBinaryFailed(program, f"it printed {first[:80]!r}") from error
