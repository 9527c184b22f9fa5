"""Hooks that the shipped patches do not fit."""

from __future__ import annotations

from pathlib import Path

from tests.advice.situation import BUILD, Words, situation
from tests.support.images import Recipe, layout
from tests.unit.cli.own_patches import HOOK

HUNK = """\
@@ -1,4 +1,5 @@
 #!/usr/bin/env python3
 # A miniature of the ks-installer hook, for ksimage's demo and tests.
+# own
 #
 # It starts playbooks through ansible_runner in the same order, with the same arguments and as
"""


def unchanged(folder: Path) -> None:
    """What `patches show` wrote, made for a text that is there: here nothing but a comment."""
    path = folder / "poll-interval-own.patch"
    text = path.read_text()
    path.write_text(text[: text.index("@@")] + HUNK)


@situation("patch-conflict", edit=unchanged)
def shipped_fits_not(folder: Path) -> Words:
    hook = HOOK.replace(b"# Generate a objects", b"# Make a")
    assert hook != HOOK
    layout(folder / "image", Recipe(hook=hook))
    return BUILD
