"""Texts that others wrote, made harmless for the places where a CI system reads them: its log,
and the Markdown of its pages.

A job's log is a command channel: a line such as ``::add-mask::`` in a patch, a tag or a registry's
answer would be obeyed. The rules are those of the systems' own toolkits (GitHub's
``@actions/core`` for commands; GitLab's documentation of job logs for sections).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_MARKUP = re.compile(r"[\\`*_\[\]<>|~&@#!]|:(?=//)|(?<=www)\.", re.IGNORECASE)
_CONTROL = re.compile(r"[^\S\n\t ]|[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")


def command_data(text: str) -> str:
    """The message of a GitHub workflow command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def command_property(text: str) -> str:
    """A property (``file=``, ``title=``) of a GitHub workflow command."""
    return command_data(text).replace(":", "%3A").replace(",", "%2C")


def log_text(text: str) -> str:
    """Lines for a log: no escape sequences and carriage returns, so no section markers either."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def disarmed(text: str) -> str:
    """Lines of which GitHub's runner obeys none, whoever wrote them.

    It takes ``::add-mask::`` where a line begins, after blanks too, and ``##[add-mask]`` anywhere
    (actions/runner, ActionCommand.cs).
    """
    return re.sub(r"(?m)^(\s*)::", r"\1\\::", text).replace("##[", "#\\#[")


def disarmed_json(text: str) -> str:
    """The same JSON, without what the runner would obey: it can stand in strings only."""
    return text.replace("##[", "#\\u0023[")


def cell(text: str) -> str:
    """A Markdown table's cell: one line, no markup, no HTML, no link, no column of its own."""
    return _MARKUP.sub(_entity, " ".join(log_text(text).split()))


def code(text: str) -> str:
    """A Markdown table's cell in code style, for digests and references."""
    line = " ".join(log_text(text).split())
    return f"<code>{_MARKUP.sub(_entity, line)}</code>" if line else ""


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match.group())};"


def table(
    headers: Sequence[str], rows: Iterable[Sequence[str]], *, codes: Sequence[str] = ()
) -> str:
    """A table; columns whose header is in ``codes`` are set in code style.

    Headers are the program's own words; the cells may hold anything.
    """
    lines = ["| " + " | ".join(headers) + " |", "|" + "---|" * len(headers)]
    for row in rows:
        texts = [
            code(text) if header in codes else cell(text)
            for header, text in zip(headers, row, strict=True)
        ]
        lines.append("| " + " | ".join(texts) + " |")
    return "\n".join(lines) + "\n"
