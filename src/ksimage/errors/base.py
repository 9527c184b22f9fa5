"""The base of all errors that are shown without a traceback, and words that several share."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class KsimageError(Exception):
    """Base of all errors that are shown without a traceback.

    Attributes:
        message: one or two sentences, what happened.
        why: the cause as far as it is known, may be empty.
        advice: lines to read or type next, may be empty.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, why: str = "", advice: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.why = why
        self.advice: tuple[str, ...] = tuple(advice)

    @property
    def kind(self) -> str:
        """Kebab-case class name, stable for scripts: ``PatchConflict`` -> ``patch-conflict``."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", type(self).__name__).lower()


_PATHS = ("oci:", "oci-archive:", "docker-archive:", "kubekey:")


def reference_without_login(text: str) -> str:
    """``text`` with stars for what stands before a host's @. Paths of files keep theirs."""
    if text.startswith(_PATHS):
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
