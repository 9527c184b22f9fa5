"""For each error a folder and a command that end in it, by subject."""

from __future__ import annotations

import importlib
import pkgutil

from tests.advice.situation import SITUATIONS

for module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{module.name}")

__all__ = ["SITUATIONS"]
