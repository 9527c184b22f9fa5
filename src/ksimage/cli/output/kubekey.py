"""The answers of ``ksimage kubekey`` as text."""

from __future__ import annotations

import difflib
import textwrap
from typing import TYPE_CHECKING, Final

from ksimage.cli.output.documents.kubekey import kubekey_document
from ksimage.cli.output.lines import clean
from ksimage.cli.output.terminal import DETAILED
from ksimage.upstream.kubekey import advice

if TYPE_CHECKING:
    from ksimage.cli.output.terminal import Terminal
    from ksimage.harbor.presence import Presence
    from ksimage.upstream.kubekey.advice import Given
    from ksimage.upstream.kubekey.config import Configuration
    from ksimage.upstream.kubekey.model import Answers

WIDTH: Final = 100
_MARGIN: Final = 11


def show(
    terminal: Terminal,
    config: Configuration,
    answers: Answers,
    given: Given,
    presence: Presence | None,
) -> None:
    """Print answers and commands on stdout, and the warnings on stderr.

    Args:
        given: what the user named.
        presence: what the registry said, None when it was not asked.
    """
    ways = advice.ways(config, answers, given)
    for warning in answers.warnings:
        terminal.warning(warning)
    for project in presence.missing if presence else ():
        terminal.warning(
            f"the project {project} is missing: the push will fail. ksimage push … --create-project"
        )
    lines = [f"kk {answers.version} with {config.place}", ""]
    for answer in answers.answers:
        lines += _wrapped(answer.key, answer.text)
        if terminal.level >= DETAILED:
            lines += _wrapped("", f"({answer.source})")
    if presence is not None:
        lines += _wrapped("registry", _told(answers, presence))
    for way in ways:
        lines += ["", f"{way.title}:", *(f"  {line}" for line in way.lines)]
    text = "\n".join(clean(line) for line in lines)
    terminal.result(text, kubekey_document(config, answers, ways, presence))


def _told(answers: Answers, presence: Presence) -> str:
    held = f"{answers.label.tag} is {presence.digest or 'not there, or not shown to this login'}"
    if not presence.harbor:
        return f"it is no Harbor and has no projects; {held}"
    states = {True: "exists", False: "is missing", None: "is not shown to this login"}
    told = [f"project {name} {states[there]}" for name, there in presence.projects.items()]
    return "; ".join([*told, held])


def _wrapped(key: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=key.ljust(_MARGIN),
        subsequent_indent=" " * _MARGIN,
        break_long_words=False,
        break_on_hyphens=False,
    )


def difference(name: str, before: bytes, after: bytes) -> list[str]:
    """The changed lines alone: around them there may be passwords."""
    old, new = before.decode("utf-8").splitlines(), after.decode("utf-8").splitlines()
    return list(difflib.unified_diff(old, new, name, name, n=0, lineterm=""))
