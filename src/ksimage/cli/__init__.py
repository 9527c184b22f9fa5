"""The command line: parse, call the library, present. One command a file, loaded late."""

from __future__ import annotations

from ksimage.cli.app import app


def main() -> None:
    """Entry point of the ``ksimage`` program."""
    app()
