"""Versions of kk itself: their names, their order, which were released, and which a binary is."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Final, NamedTuple

from ksimage.errors import KubekeyBinaryFailed, KubekeyVersionUnknown, KubekeyWithoutInstaller

RELEASED: Final = tuple(
    f"v{line}.{patch}"
    for line, last in (
        ("1.0", 2), ("1.1", 2), ("1.2", 2), ("2.0", 1), ("2.1", 2), ("2.2", 3), ("2.3", 2),
        ("3.0", 13), ("3.1", 12),
    )
    for patch in range(last + 1)
)  # fmt: skip
"""The tags of kubesphere/kubekey up to v3, without pre-releases. All were compared."""

_VERSION: Final = re.compile(
    r"v?(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?([-+][0-9A-Za-z.+-]*)?", re.ASCII
)
_OUTPUT: Final = re.compile(r"""(?:Git)?Version"?[:=]\s*"?(v?\d[0-9A-Za-z.+-]*)""", re.ASCII)


class KkVersion(NamedTuple):
    """A version of kk; ``suffix`` is what follows the numbers (``-alpha.5``)."""

    major: int
    minor: int
    patch: int
    suffix: str = ""

    def __str__(self) -> str:
        return f"v{self.major}.{self.minor}.{self.patch}{self.suffix}"

    @property
    def numbers(self) -> tuple[int, int, int]:
        """What rules are chosen by: a pre-release has those of its release."""
        return self.major, self.minor, self.patch

    @property
    def released(self) -> bool:
        """Whether the rules were compared with the source of exactly this version."""
        return str(self) in RELEASED


LATEST: Final = KkVersion(3, 1, 12)


def parse(text: str) -> KkVersion:
    """``v3.0.13``, ``3.0.13`` or ``3.0`` (its last release) as a version.

    Raises:
        KubekeyVersionUnknown: no version.
        KubekeyWithoutInstaller: kk 4 and later.
    """
    match = _VERSION.fullmatch(text.strip())
    if match is None:
        raise KubekeyVersionUnknown(text)
    major, minor, patch, suffix = match.groups()
    if int(major) >= 4:
        raise KubekeyWithoutInstaller(text.strip())
    if patch is None:
        of_line = [name for name in RELEASED if name.startswith(f"v{int(major)}.{int(minor)}.")]
        if not of_line:
            raise KubekeyVersionUnknown(text)
        return parse(of_line[-1])
    found = KkVersion(int(major), int(minor), int(patch), suffix or "")
    if found.major < 1:
        raise KubekeyVersionUnknown(text)
    return found


def from_output(text: str) -> KkVersion:
    """The version in what ``kk version`` prints, in any of its forms.

    They are ``-o short`` (a version alone), and Go's or JSON's or YAML's form of version.Info
    (kubekey version/version.go: ``GitVersion``; v1: ``Version``).

    Raises:
        KubekeyVersionUnknown, KubekeyWithoutInstaller.
    """
    lines = text.strip().splitlines()
    if len(lines) == 1 and _VERSION.fullmatch(lines[0].strip()):
        return parse(lines[0])
    match = _OUTPUT.search(text) or re.search(r"gitVersion:\s*\"?(v?\d[0-9A-Za-z.+-]*)", text)
    if match is None:
        raise KubekeyVersionUnknown(lines[0] if lines else "")
    return parse(match.group(1))


PATIENCE: Final = 10.0
MAX_OUTPUT: Final = 64 << 10


def of_binary(program: str) -> KkVersion:
    """Run ``kk version`` and read what it prints.

    Args:
        program: a path, or a name on PATH.

    Raises:
        KubekeyBinaryFailed: it is not there, cannot be run, or prints no version.
        KubekeyWithoutInstaller: kk 4 or later.
    """
    path = shutil.which(program)
    if path is None:
        raise KubekeyBinaryFailed(program, "there is no such program")
    try:
        done = subprocess.run(
            [path, "version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise KubekeyBinaryFailed(program, f"no answer in {PATIENCE:.0f} s") from error
    except OSError as error:
        raise KubekeyBinaryFailed(program, error.strerror or str(error)) from error
    text = done.stdout[:MAX_OUTPUT].decode("utf-8", "replace")
    try:
        return from_output(text)
    except KubekeyVersionUnknown as error:
        first = (text.strip().splitlines() or ["nothing"])[0]
        raise KubekeyBinaryFailed(program, f"it printed {first[:80]!r}") from error
