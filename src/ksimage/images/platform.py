"""Platforms, and the one meaning that their names have everywhere.

``arm64``, ``linux/arm64`` and ``linux/arm64/v8`` name the same platform, as containerd's platforms
package has it: some write the usual variant and others do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

_USUAL: Final = {"arm64": "v8", "arm": "v7"}
_ALIASES: Final = {  # what uname and rpm call them
    "aarch64": ("arm64", ""),
    "armel": ("arm", "v6"),
    "armhf": ("arm", "v7"),
    "i386": ("386", ""),
    "x86-64": ("amd64", ""),
    "x86_64": ("amd64", ""),
}


# A word alone may be anything; these are Go's, for which there are images.
_ALONE: Final = "|".join(
    (
        *_ALIASES, "386", "amd64", "arm", "arm64", "loong64", "mips64le", "ppc64le", "riscv64",
        "s390x",
    )
)  # fmt: skip
NAME: Final = re.compile(rf"(?:{_ALONE})|[a-z0-9_-]+/[a-z0-9_-]+(?:/[a-z0-9._]+)?")
"""``ARCH``, ``OS/ARCH`` or ``OS/ARCH/VARIANT``, as people type it."""


class Platform(NamedTuple):
    """An entry of an index's ``platform``; prints as ``linux/arm/v7``."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)

    @property
    def normal(self) -> str:
        """The same text for the same platform, without the usual variant: ``linux/arm64``."""
        usual = _USUAL.get(self.architecture, "")
        return str(self._replace(variant="" if self.variant == usual else self.variant))

    @property
    def exact(self) -> str:
        """The same text for the same platform, with its variant: ``linux/arm64/v8``."""
        return str(self._replace(variant=self.variant or _USUAL.get(self.architecture, "")))


def named(text: str) -> Platform:
    """The platform that a text names; the system is linux where it names none."""
    first, slash, rest = text.partition("/")
    system, name = (first, rest) if slash else ("linux", first)
    architecture, _, variant = name.partition("/")
    architecture, known = _ALIASES.get(architecture, (architecture, ""))
    return Platform(system, architecture, variant or known)


def matches(platform: Platform, wanted: str, *, variants: bool = False) -> bool:
    """Whether ``wanted`` means ``platform``.

    Args:
        variants: several platforms may be chosen: without a variant (``linux/arm``), all of them
            are meant.
    """
    meant = named(wanted)
    if variants and not meant.variant:
        return (platform.os, platform.architecture) == (meant.os, meant.architecture)
    return platform.normal == meant.normal


def near(wanted: str, present: Iterable[str]) -> list[str]:
    """Those of the platforms ``present`` that differ from ``wanted`` by the variant alone."""
    meant = named(wanted)
    return [
        text
        for text in present
        if matches(named(text), str(meant._replace(variant="")), variants=True)
    ]
