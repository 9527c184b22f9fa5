"""Hooks that the shipped patches do not fit."""

from __future__ import annotations

from pathlib import Path

from tests.advice.situation import BUILD, Words, situation
from tests.support.images import Recipe, layout
from tests.unit.cli.own_patches import HOOK


def unchanged(folder: Path) -> None:
    """What `patches show` wrote, made for a text that is there: here nothing but a comment."""
    path = folder / "poll-interval-own.patch"
    text = path.read_text()
    head = text[: text.index("@@")]
    path.write_text(
        f"{head}@@ -1,4 +1,5 @@\n #!/usr/bin/env python3\n # A miniature of the ks-installer hook, for ksimage's demo and tests.\n+# own\n #\n # It starts playbooks through ansible_runner in the same order, with the same arguments and as\n"
    )


@situation("patch-conflict", edit=unchanged)
def shipped_fits_not(folder: Path) -> Words:
    hook = HOOK.replace(b"# Generate a objects", b"# Make a")
    assert hook != HOOK
    layout(folder / "image", Recipe(hook=hook))
    return BUILD
