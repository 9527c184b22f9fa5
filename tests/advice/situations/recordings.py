"""What an installation left: events, recordings, bundles."""

from __future__ import annotations

from pathlib import Path

from ksimage.events import frames
from tests.advice.situation import Words, place, situation
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


@situation("recording-cut", needs="small_disk")
def disk_fills_meanwhile(folder: Path) -> Words:
    Story(folder / "results", fails=False)
    return ("watch", "results", "--save", f"{place.running}/x.jsonl")


@situation("events-without-end")
def more_events_than_any_installation_has(folder: Path) -> Words:
    """The bound is two million, which takes a minute to write and to read."""
    place.env.setattr(frames, "MOST_EVENTS", 100)
    Story(folder / "results", fails=False)
    return ("watch", "results")
