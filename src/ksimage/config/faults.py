"""One fault of the configuration: where it stands and what is wrong with it."""

from __future__ import annotations

from typing import Final, NamedTuple

from ksimage.config.values import Refused

MAX_FAULTS: Final = 50
"""More are counted, not shown."""


class Fault(NamedTuple):
    """A fault; prints as ``ksimage.yaml:3:7: verbosity: '9' is not ...``.

    Attributes:
        place: the file as the user knows it, or the variable's name.
        line, column: from 1, in characters; 0 for a variable or the file as a whole.
        key: dotted key, may be empty.
        reason: what is wrong.
        nearest: names that were perhaps meant.
    """

    place: str
    line: int
    column: int
    key: str
    reason: str
    nearest: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f"{self.place}:{self.line}:{self.column}" if self.line else self.place
        key = f"{self.key}: " if self.key else ""
        hint = f"; did you mean {' or '.join(self.nearest)}?" if self.nearest else ""
        return f"{where}: {key}{self.reason}{hint}"


def of_variable(name: str, refused: Refused) -> Fault:
    """The fault of an environment variable."""
    return Fault(name, 0, 0, "", refused.reason, refused.nearest)
