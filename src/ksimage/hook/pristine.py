"""Pristine hooks by release, from images or from a clone of upstream's repository.

For work on patches, which needs many hooks and no images.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import closing
from typing import TYPE_CHECKING

from ksimage.base import images as base_images
from ksimage.base import lookup
from ksimage.errors import CloneUnusable
from ksimage.hook.find import find_hook
from ksimage.hook.layers import MAX_HOOK

if TYPE_CHECKING:
    from pathlib import Path

    from ksimage.config.settings import Settings
    from ksimage.locations.options import OptionsFor

UPSTREAM_PATH = "controller/installRunner.py"
"""Where the hook is in kubesphere/ks-installer, at every tag up to v3.4.1."""

_REPOSITORY = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE")


def from_clone(clone: Path, release: str) -> bytes:
    """The hook of a release, read with git; the work tree is not touched.

    Three of the releases are branches upstream, which a clone has as ``origin/NAME``.

    Raises:
        CloneUnusable: no git, no clone, no such release, or no hook there.
    """
    words = ""
    for place in ("refs/tags", "refs/heads", "refs/remotes/origin"):
        found = _blob(clone, release, f"{place}/{release}")
        if len(found.stdout) > MAX_HOOK:
            raise CloneUnusable(str(clone), release, f"a hook of {len(found.stdout)} bytes")
        if found.returncode == 0:
            return found.stdout
        words = words or found.stderr.decode("utf-8", "replace").strip()
    raise CloneUnusable(str(clone), release, words)


def _blob(clone: Path, release: str, revision: str) -> subprocess.CompletedProcess[bytes]:
    command = ["git", "-C", str(clone), "cat-file", "blob", f"{revision}:{UPSTREAM_PATH}"]
    # In a git hook these name the repository of the hook and win over -C.
    environ = {key: value for key, value in os.environ.items() if key not in _REPOSITORY}
    try:
        return subprocess.run(command, capture_output=True, timeout=60, check=False, env=environ)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CloneUnusable(str(clone), release, str(error)) from error


def from_image(release: str, settings: Settings, options: OptionsFor) -> bytes:
    """The hook of a release's image, of its first platform.

    Raises:
        whatever opening and reading the image raises.
    """
    _, source, _ = lookup.open_base(release, settings, options)
    with closing(source):
        images = base_images.read_images(source, settings.platforms)
        return find_hook(source, images.images[0]).data
