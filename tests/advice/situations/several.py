"""Several patches at once that do not fit, and what else is refused about patches."""

from __future__ import annotations

from pathlib import Path

from tests.advice.situation import BUILD, Words, image, own, situation
from tests.unit.cli.own_patches import HOOK, series


@situation("patches-failed")
def two_files(folder: Path) -> Words:
    image(folder)
    for name, text in (("a", b"level=NO"), ("b", b"level=NEVER")):
        other = HOOK.replace(b"level=logging.INFO", text)
        own(folder, other, other.replace(b"import sys", b"import sys  # x"), name)
        own(folder, other, HOOK, name)
    return (*BUILD, "--patch", "a.patch", "--patch", "b.patch")


@situation("patches-failed")
def a_file_and_a_series(folder: Path) -> Words:
    image(folder)
    other = HOOK.replace(b"level=logging.INFO", b"level=NO")
    series(folder / "mine", "s", before=other, after=HOOK)
    own(folder, HOOK.replace(b"level=logging.INFO", b"level=NEVER"), HOOK)
    return (*BUILD, "--patch", "own.patch", "--patch-dir", "mine")


@situation("hook-still-quiet", "is not made: do not leave it out")
def unquiet_alone(folder: Path) -> Words:
    image(folder)
    return (*BUILD, "--without", "unquiet")
