"""``ksimage version``: what runs here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.cli.input.options import command

if TYPE_CHECKING:
    from ksimage.cli.output.terminal import Terminal


@command("version", help="Show the version of ksimage and of the Python that runs it.")
def version(terminal: Terminal, /) -> None:
    """Show the version of ksimage and of the Python that runs it."""
    import platform

    import ksimage

    found = {
        "version": ksimage.__version__,
        "python": platform.python_version(),
        "platform": f"{platform.system().lower()}/{platform.machine()}",
    }
    text = f"ksimage {found['version']} (Python {found['python']}, {found['platform']})"
    terminal.result(text, found)
