"""Errors without a situation in which their advice is executed, each with the reason."""

from __future__ import annotations

from ksimage.errors import KsimageError
from tests.support.exit_code_page import errors, kind


def _families() -> tuple[str, ...]:
    """Errors that others are derived from: a name for a group, hardly ever raised themselves."""
    found = [error for error in errors() if error.__subclasses__()]
    return tuple(kind(error) for error in found if error is not KsimageError)


FAMILIES = _families()
NOT_MET: dict[str, str] = {
    "with-and-without": "no command ends in it: the settings find it first and say config-faults"
    " (situation wanted_and_not); it is for who uses the library",
}
