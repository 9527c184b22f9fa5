"""The table of settings in ``docs/configuration.md``: ``python -m tests.support.settings_page``."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from ksimage.config.settings import SETTINGS

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
HEAD = "| key | flag | variable | default | |\n|---|---|---|---|---|\n"


def main() -> None:
    """Write the page's table anew, or a copy's that is named."""
    path = Path(sys.argv[1]) if sys.argv[1:] else PAGE
    path.write_text(page(path.read_text(encoding="utf-8")), encoding="utf-8")
    print(path, file=sys.stderr)


def page(text: str) -> str:
    """The page, with the table that follows from the code."""
    rows = re.escape(HEAD) + r"(?:\|.*\n)*"
    return re.sub(rows, lambda _: table(), text)


def table() -> str:
    """A row for each setting."""
    rows = []
    for setting in SETTINGS:
        key = f"`{setting.key}`" if setting.in_file else "(no key)"
        flag = f"`{setting.flag}`" if setting.flag else ""
        variable = f"`{setting.variable}`" if setting.kind != "registry-map" else ""
        rows.append(f"| {key} | {flag} | {variable} | {setting.default} | {setting.help} |\n")
    return HEAD + "".join(rows)


if __name__ == "__main__":
    main()
