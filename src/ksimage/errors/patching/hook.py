"""5: the hook that the patches are for, or that came out of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors.patching.patch import PatchError
from ksimage.text import place

if TYPE_CHECKING:
    from collections.abc import Iterable


class BasePatched(PatchError):
    """The base was made by ksimage: its patches are in it already."""

    def __init__(self, name: str, what: str, original: str, release: str) -> None:
        super().__init__(
            f"{name} is already patched",
            why=f"it is a {what}",
            advice=[
                f"build from what it was made from: ksimage build {original}"
                if original
                else f"build from upstream's image: ksimage build {release} --from LOCATION",
                f"is it intact?  ksimage verify {name}",
            ],
        )


class HookBroken(PatchError):
    """The patched hook is no Python 3 that the image's interpreter could run."""

    def __init__(
        self, name: str, reason: str, *, line: int | None = None, advice: Iterable[str] = ()
    ) -> None:
        super().__init__(
            f"{place(name, line)}: the patched hook is broken: {reason}",
            why="shell-operator would fail to start it and the installation would never begin",
            advice=[*advice, "see what the patches make of it: ksimage diff RELEASE"],
        )


class HookStillQuiet(PatchError):
    """The patched hook still runs a playbook without output."""

    def __init__(self, name: str, line: int, reason: str) -> None:
        super().__init__(
            f"{name}:{line}: the patched hook still has a quiet ansible_runner call: {reason}",
            why="an installation that hides its output is what the patches are there to prevent",
            advice=[
                "an image without the patch 'unquiet' is not made: do not leave it out",
                "see what the patches make of the hook: ksimage diff RELEASE",
            ],
        )


class HookUnproven(PatchError):
    """The check of the patched hook cannot follow what the code does, so it refuses."""

    def __init__(self, name: str, line: int, reason: str) -> None:
        super().__init__(
            f"{place(name, line or None)}: cannot prove that the patched hook is as wanted:"
            f" {reason}",
            why="the check reads the code without running it and accepts only what it understands",
            advice=[
                "write it plainly: ansible_runner.run(..., quiet=False, verbosity=NAME)",
                "what the check accepts: docs/patches.md, section 'The proof'",
            ],
        )


class HookWithoutVerbosity(PatchError):
    """A playbook of the patched hook would not get the verbosity."""

    def __init__(self, name: str, line: int, reason: str) -> None:
        super().__init__(
            f"{name}:{line}: an ansible_runner call does not pass the verbosity: {reason}",
            why="--verbose and KS_INSTALLER_VERBOSITY would have no effect on that playbook",
            advice=["an image without the patch 'verbosity' is not made: do not leave it out"],
        )
