"""Every error that a user can meet, in one place.

Each class owns its text: what happened (``message``), why (``why``) and what to type next
(``advice``, one command or sentence a line). Keeping them together, a module for one or a few
families, keeps them distinct and the table of exit codes in ``docs/exit-codes.md`` honest (a test
compares the two).

Words: a *family* has one exit code (the direct subclasses of :class:`KsimageError`); the *kind* is
the stable name of the single class in JSON output; *advice* is what to type next.

A module is loaded when a class of it is asked for: most runs meet no error.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ksimage.errors.answers import *
    from ksimage.errors.auth import *
    from ksimage.errors.base import *
    from ksimage.errors.cluster import *
    from ksimage.errors.config import *
    from ksimage.errors.engine import *
    from ksimage.errors.file import *
    from ksimage.errors.image import *
    from ksimage.errors.kubekey import *
    from ksimage.errors.patch import *
    from ksimage.errors.registry import *
    from ksimage.errors.series import *

FAMILIES: Final = (
    "base", "file", "config", "image", "registry", "auth", "patch", "series", "answers",
    "engine", "cluster", "kubekey",
)  # fmt: skip
"""The modules, in the order in which they are searched: what most runs need comes first."""

if not TYPE_CHECKING:  # a type checker is to see the names above, and no others

    def __getattr__(name: str) -> object:
        """What one of the families has under ``name``, found once."""
        if name[:1].isupper():
            for family in FAMILIES:
                module = import_module(f"{__name__}.{family}")
                if hasattr(module, name):
                    globals()[name] = found = getattr(module, name)
                    return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
