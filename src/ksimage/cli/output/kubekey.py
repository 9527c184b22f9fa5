"""The answers of ``ksimage kubekey``, as text and as a JSON document."""

from __future__ import annotations

import difflib
import textwrap
from typing import TYPE_CHECKING, Any, Final

from ksimage.cli.output.terminal import DETAILED, clean
from ksimage.upstream.kubekey import advice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.cli.output.terminal import Terminal
    from ksimage.upstream.kubekey.advice import Way
    from ksimage.upstream.kubekey.config import Configuration
    from ksimage.upstream.kubekey.model import Answers

WIDTH: Final = 100
_MARGIN: Final = 11


def show(
    terminal: Terminal, config: Configuration, answers: Answers, *, image: str, artifact: str
) -> None:
    """Print answers and commands on stdout, and the warnings on stderr."""
    ways = advice.ways(config, answers, advice.Given(image, artifact))
    for warning in answers.warnings:
        terminal.warning(warning)
    lines = [f"kk {answers.version} with {config.place}", ""]
    for answer in answers.answers:
        lines += _wrapped(answer.key, answer.text)
        if terminal.level >= DETAILED:
            lines += _wrapped("", f"({answer.source})")
    for way in ways:
        lines += ["", f"{way.title}:", *(f"  {line}" for line in way.lines)]
    text = "\n".join(clean(line) for line in lines)
    terminal.result(text, document(config, answers, ways))


def _wrapped(key: str, text: str) -> list[str]:
    return textwrap.wrap(
        text,
        WIDTH,
        initial_indent=key.ljust(_MARGIN),
        subsequent_indent=" " * _MARGIN,
        break_long_words=False,
        break_on_hyphens=False,
    )


def document(config: Configuration, answers: Answers, ways: Sequence[Way]) -> dict[str, Any]:
    """The JSON document; see docs/json.md."""
    label, upgrade = answers.label, answers.upgrade
    return {
        "kubekey": {
            "config": config.place,
            "kk_version": str(answers.version),
            "rules_compared": answers.version.released,
            "label": {
                "text": label.text,
                "accepted": label.accepted,
                "release": label.release,
                "own_tag": label.own,
                "why": label.why,
            },
            "image": answers.image or None,
            "pull_policy": answers.rules.pull_policy,
            "push": {
                "what": answers.rules.push.name.lower(),
                "to": answers.pushed or None,
                "skipped_by": "--skip-push-images" if answers.pushes else None,
            },
            "projects": {"needed": list(answers.projects), "not_in_script": list(answers.missing)},
            "upgrade": {
                "from": upgrade.current or None,
                "to": list(upgrade.targets),
                "relabel_first": upgrade.relabel or None,
                "same_label": upgrade.again,
            },
            "sed": [
                {"line": change.line, "deleted": change.after is None, "because_of": change.pattern}
                for change in answers.changes
            ],
            "waits": {"seconds": answers.rules.patience, "pod_label": answers.rules.pod_label},
            "answers": [answer._asdict() for answer in answers.answers],
            "warnings": list(answers.warnings),
            "ways": [
                {"key": way.key, "title": way.title, "lines": list(way.lines)} for way in ways
            ],
        }
    }


def difference(name: str, before: bytes, after: bytes) -> list[str]:
    """The changed lines alone: around them there may be passwords."""
    old, new = before.decode("utf-8").splitlines(), after.decode("utf-8").splitlines()
    return list(difflib.unified_diff(old, new, name, name, n=0, lineterm=""))
