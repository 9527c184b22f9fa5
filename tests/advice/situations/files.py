"""Files and names."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.advice.situation import BUILD, Words, image, situation
from tests.support.program import MINIATURE


@situation("file-exists")
def settings_are_there(folder: Path) -> Words:
    (folder / "ksimage.yaml").write_text("jobs: 2\n")
    return ("init",)


@situation("not-empty", places={"DIR": "new"})
def context_is_not_empty(folder: Path) -> Words:
    image(folder)
    return ("render", "v3.3.2", "--from", "oci:image", "-o", "image")


@situation("not-ours", "give another path")
def no_layout(folder: Path) -> Words:
    image(folder)
    (folder / "out").mkdir()
    (folder / "out" / "mine.txt").write_text("x")
    return BUILD


@situation("tag-occupied", places={"TAG": "other"})
def occupied(folder: Path) -> Words:
    image(folder)
    shutil.copytree(MINIATURE, folder / "out")
    index = folder / "out" / "index.json"
    index.write_text(index.read_text().replace('"v3.3.2"', '"v3.3.2-debug"'))
    return BUILD


@situation("cannot-write", "nothing was replaced")
def cannot_write(folder: Path) -> Words:
    image(folder)
    return (*BUILD, "--metadata-file", "none/file.json")


@situation("engine-unreachable", "another engine:", places={"FILE": "out.tar"})
def no_engine(folder: Path) -> Words:
    image(folder)
    return ("build", "v3.3.2", "--from", "oci:image", "--engine", "docker")


@situation("engine-unreachable", "another engine:", places={"FILE": "out.tar"})
def no_engine_to_hold_the_result(folder: Path) -> Words:
    image(folder)
    return ("build", "v3.3.2", "--from", "oci:image", "--to", "docker-daemon:x")
