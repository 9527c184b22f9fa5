"""Where the files shipped with ksimage are: patches, templates, the Dockerfile template."""

from __future__ import annotations

from pathlib import Path

from ksimage.errors import FileError

_PACKAGE = Path(__file__).resolve().parent


def path(name: str) -> Path:
    """The path of a shipped file or folder.

    A wheel carries them in ``ksimage/_data``; an editable installation reads them from the top of
    the repository, two levels above the package.

    Args:
        name: ``patches``, ``templates`` or ``Dockerfile.tmpl``, or a path below one of them.

    Raises:
        FileError: the installation lacks it.
    """
    for root in (_PACKAGE / "_data", _PACKAGE.parent.parent):
        candidate = root / name
        if candidate.exists():
            return candidate
    raise FileError(
        f"this installation of ksimage lacks its data file {name}",
        why=f"it is neither in {_PACKAGE / '_data'} nor beside the source",
        advice=["install it again: pipx reinstall ksimage"],
    )
