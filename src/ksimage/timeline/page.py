"""The page: one HTML file that needs nothing else, from files a person can read."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING

from ksimage.timeline.page_data import page_data
from ksimage.timeline.text import report
from ksimage.timeline.words import moment

if TYPE_CHECKING:
    from pathlib import Path

    from ksimage.timeline.analysis import Analysis
    from ksimage.timeline.comparison import Comparison

_IMPORT = re.compile(r'^import (\{[^}]*\}) from "\./(\w+)\.js";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:function|const) ([\w$]+))", re.MULTILINE)


def page(analysis: Analysis, comparison: Comparison | None = None, *, refresh: int = 0) -> str:
    """The whole page.

    Args:
        analysis: the run that is drawn.
        comparison: lays the run before it over it.
        refresh: seconds after which an open page reads its file again; 0 for never.

    Raises:
        FileError: this installation of ksimage lacks the page's parts.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    from ksimage import __version__, resources

    folder = resources.path("templates/timeline")
    style = (folder / "page.css").read_text("utf-8")
    code = script(folder)
    # Hashes instead of 'unsafe-inline': no other script or style can run, whatever the data says.
    template = Environment(autoescape=True, undefined=StrictUndefined).from_string(
        (folder / "page.html.j2").read_text("utf-8")
    )
    title = f"Installation {moment(analysis.span.start)[:-3]} UTC" if analysis.lanes else "Nothing"
    return template.render(
        version=__version__,
        title=title,
        report=report(analysis),
        style=Markup(style),
        style_hash=_source(style),
        script=Markup(code),
        script_hash=_source(code),
        data=Markup(page_data(analysis, comparison, refresh)),
    )


@cache
def script(folder: Path) -> str:
    """The page's modules as one script: each a function that returns what it exports.

    Browsers load no modules from ``file://``. Understood is what the modules use: one-line
    ``import { … } from "./name.js"``, and ``export`` before ``function`` and ``const``.
    """
    written: dict[str, str] = {}
    _add(folder, "main", written)
    return '"use strict";\n' + "".join(written.values())


def _add(folder: Path, name: str, written: dict[str, str]) -> None:
    text = (folder / f"{name}.js").read_text("utf-8")
    for _, needed in _IMPORT.findall(text):
        if needed not in written:
            _add(folder, needed, written)
    exported = ", ".join(name for _, name in _EXPORT.findall(text))
    body = _EXPORT.sub(r"\1", _IMPORT.sub(r"const \1 = \2_js;\n", text))
    written[name] = f"const {name}_js = (() => {{\n{body}return {{ {exported} }};\n}})();\n"


def _source(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
