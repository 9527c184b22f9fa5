"""Pristine hooks by release, from images or from a clone of upstream's repository.

For work on patches, which needs many hooks and no images.
"""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from ksimage import base, build
from ksimage.errors import CloneUnusable

if TYPE_CHECKING:
    from pathlib import Path

    from ksimage.build import OptionsFor
    from ksimage.config.settings import Settings

UPSTREAM_PATH = "controller/installRunner.py"
"""Where the hook is in kubesphere/ks-installer, at every tag up to v3.4.1."""


def from_clone(clone: Path, tag: str) -> bytes:
    """The hook at a tag, read with git; the work tree is not touched.

    Raises:
        CloneUnusable: no git, no clone, no such tag, or no hook there.
    """
    command = ["git", "-C", str(clone), "cat-file", "blob", f"{tag}:{UPSTREAM_PATH}"]
    try:
        found = subprocess.run(command, capture_output=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CloneUnusable(str(clone), tag, str(error)) from error
    if found.returncode != 0:
        raise CloneUnusable(str(clone), tag, found.stderr.decode("utf-8", "replace").strip())
    if len(found.stdout) > base.MAX_HOOK:
        raise CloneUnusable(str(clone), tag, f"a hook of {len(found.stdout)} bytes")
    return found.stdout


def from_image(release: str, settings: Settings, options: OptionsFor) -> bytes:
    """The hook of a release's image, of its first platform.

    Raises:
        whatever opening and reading the image raises.
    """
    _, source, _ = build.open_base(release, settings, options)
    try:
        images = base.read_images(source, settings.platforms)
        return base.find_hook(source, images.images[0]).data
    finally:
        source.close()
