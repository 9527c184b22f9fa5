"""Unpacked images as umoci sees them, and what may differ between two of them."""

from __future__ import annotations

import hashlib
import json
import os
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import requires


@dataclass(frozen=True)
class Node:
    """One file of a root file system.

    ``mtime`` is None for folders: those that no layer records get the time of unpacking, and a
    Dockerfile's COPY records the folders above its file with a time of its own.
    """

    kind: str
    mode: int
    uid: int
    gid: int
    content: str
    mtime: int | None


def tree(image: str, folder: Path) -> dict[str, Node]:
    """The root file system of an image in an OCI layout, by path.

    Args:
        image: ``DIR:TAG``.
        folder: where to unpack; must not exist yet.
    """
    requires.root()
    command = [requires.program("umoci"), "unpack", "--image", image, str(folder)]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    root = folder / "rootfs"
    nodes = {}
    for where, folders, files in os.walk(root):
        for name in folders + files:
            path = Path(where) / name
            inside = str(path.relative_to(root))
            nodes[inside] = _node(path)
    return nodes


def to_layout(source: str, folder: Path, *options: str) -> str:
    """Copy an image with skopeo into an OCI layout; ``DIR:TAG`` for :func:`tree`."""
    skopeo = requires.program("skopeo")
    command = [skopeo, "--insecure-policy", "copy", *options, source, f"oci:{folder}:image"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return f"{folder}:image"


def config(image: str) -> dict[str, Any]:
    """The config document of an image in an OCI layout (``DIR:TAG``)."""
    command = [requires.program("skopeo"), "inspect", "--config", f"oci:{image}"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def _node(path: Path) -> Node:
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        content = str(path.readlink())
    elif stat.S_ISREG(found.st_mode):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
    else:
        content = ""
    return Node(
        stat.filemode(found.st_mode)[0],
        stat.S_IMODE(found.st_mode),
        found.st_uid,
        found.st_gid,
        content,
        None if stat.S_ISDIR(found.st_mode) else int(found.st_mtime),
    )
