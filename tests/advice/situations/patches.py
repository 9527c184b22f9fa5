"""Patches, and the hooks that come out of them."""

from __future__ import annotations

from pathlib import Path

from tests.advice.situation import BUILD, Words, image, own, situation
from tests.unit.cli.own_patches import CHATTY, HOOK, patch, series


@situation("unknown-patch")
def misspelt_patch(folder: Path) -> Words:
    image(folder)
    return (*BUILD, "--without", "poll-intervall")


@situation("config-faults", "every key:")
def wanted_and_not(folder: Path) -> Words:
    image(folder)
    return (*BUILD, "--with", "early-config", "--without", "early-config")


@situation("hook-still-quiet", "an image without")
def without_unquiet(folder: Path) -> Words:
    image(folder)
    only = [f"--without={name}" for name in ("unquiet", "labelled-output", "keep-output")]
    return (*BUILD, *only)


@situation("patch-name-taken", "rename your patch file")
def two_of_a_name(folder: Path) -> Words:
    image(folder)
    own(folder, HOOK, CHATTY, "unquiet")
    return (*BUILD, "--patch", "unquiet.patch")


@situation("series-missing", "one patch file name a line")
def folder_without_series(folder: Path) -> Words:
    (folder / "mine").mkdir()
    return ("patches", "list", "--patch-dir", "mine")


@situation("series-entry-missing", "restore the file")
def entry_of_nothing(folder: Path) -> Words:
    series(folder / "mine", "a")
    (folder / "mine" / "a.patch").unlink()
    return ("patches", "list", "--patch-dir", "mine")


@situation("series-stray-patch", "series.optional", "or move the file")
def stray(folder: Path) -> Words:
    series(folder / "mine", "a")
    (folder / "mine" / "b.patch").write_bytes(patch("b"))
    return ("patches", "list", "--patch-dir", "mine")


@situation("patch-excluded", "build without it")
def excluded(folder: Path) -> Words:
    image(folder)
    (folder / "own.patch").write_bytes(patch("own", more="X-Ksimage-Releases: <3.0\n"))
    return (*BUILD, "--patch", "own.patch")


@situation("patches-refused")
def refused_everywhere(folder: Path) -> Words:
    image(folder)
    other = HOOK.replace(b"level=logging.INFO", b"level=NO")
    series(folder / "mine", "a", before=other, after=CHATTY)
    return ("patches", "check", "--release", "v3.3.2", "--from", "oci:image", "--patch-dir", "mine")
