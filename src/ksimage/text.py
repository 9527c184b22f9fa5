"""Text for people: made harmless, similar words, places in files. Knows nobody."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


FILE_TRANSPORTS: Final = ("oci", "oci-archive", "docker-archive", "kubekey")
"""The prefixes of locations that are a path on this machine; ``locations/spec.py`` reads them."""


def printable(text: str, most: int = 200) -> str:
    """A stranger's text fit for a terminal: one line, no control characters, at most ``most``.

    Registries, images, pods and files of others could else move the cursor, turn text around
    (bidirectional controls) or fill the screen.
    """
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= most else line[: most - 1] + "…"


def reference_without_login(text: str) -> str:
    """``text`` with stars for what stands before a host's @. Paths of files keep theirs."""
    if text.partition(":")[0] in FILE_TRANSPORTS:
        return text
    head, at, tail = text.rpartition("@")
    while at and re.match(r"sha\d", tail):
        head, at, more = head.rpartition("@")
        tail = f"{more}@{tail}"
    return f"***@{tail}" if at and ":" in head else text


def similar(word: str, known: Iterable[str], most: int = 3, cutoff: float = 0.6) -> list[str]:
    """Up to ``most`` of the words that ``word`` may have been meant to be, the likeliest first."""
    import difflib  # only after a mistake

    return difflib.get_close_matches(word, list(known), most, cutoff)


def did_you_mean(names: Sequence[str]) -> list[str]:
    """The line of advice that names what may have been meant; none without names."""
    return [f"did you mean: {', '.join(names)}"] if names else []


def place(path: str, line: int | None) -> str:
    """``PATH:LINE``, as editors and terminals understand it."""
    return path if line is None else f"{path}:{line}"
