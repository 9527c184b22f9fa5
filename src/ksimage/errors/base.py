"""The base of all errors that are shown without a traceback."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class KsimageError(Exception):
    """Base of all errors that are shown without a traceback.

    A class whose text is always the same sets the attributes in its own ``__init__``.

    Attributes:
        message: one or two sentences, what happened.
        why: the cause as far as it is known, may be empty.
        advice: lines to read or type next, may be empty.
        nearest: names that were perhaps meant.
    """

    exit_code: ClassVar[int] = 1
    why: str = ""
    advice: Sequence[str] = ()
    nearest: tuple[str, ...] = ()

    def __init__(self, message: str, *, why: str = "", advice: Iterable[str] = ()) -> None:
        self.message = message
        self.why = why
        self.advice = tuple(advice)

    def __str__(self) -> str:
        return self.message

    @property
    def kind(self) -> str:
        """Kebab-case class name, stable for scripts: ``PatchConflict`` -> ``patch-conflict``."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", type(self).__name__).lower()
