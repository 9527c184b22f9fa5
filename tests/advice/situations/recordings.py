"""What an installation left: events, recordings, bundles."""

from __future__ import annotations

from pathlib import Path

from tests.advice.situation import Words, situation
from tests.support.story import Story


@situation("no-results", "give the pod's folder")
def folder_without_results(folder: Path) -> Words:
    (folder / "results").mkdir()
    return ("watch", "results")


@situation("no-recording")
def another_recording(folder: Path) -> Words:
    (folder / "x.jsonl").write_text("{}\n")
    return ("watch", "x.jsonl")


@situation("installation-failed")
def it_failed(folder: Path) -> Words:
    Story(folder / "results")
    return ("watch", "results")


@situation("installation-unknown")
def it_was_cut(folder: Path) -> Words:
    Story(folder / "results", fails=False, until=300)
    return ("watch", "results")


@situation("bundle-unusable")
def no_bundle(folder: Path) -> Words:
    (folder / "bundle.tar.gz").write_bytes(b"\x1f\x8bxxxx")
    return ("watch", "bundle.tar.gz")
