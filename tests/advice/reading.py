"""From a line of advice to what is typed next, as somebody would who reads it."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_FLAGS = re.compile(r"(?:^|[\s:(])(--[a-z].*|-o \S+)")
_SHELL = re.compile(r"^(?:mv|export|unset) .*")
_LOOKS = re.compile(r"^(?:ls|openssl) .*")
_MEANT = "did you mean: "


class Step(NamedTuple):
    """One thing to do.

    Attributes:
        words: for ksimage; none where the shell comes first and the command again behind it.
        shell: a line for a shell.
        looks: whether the shell's line only shows something.
    """

    words: tuple[str, ...] = ()
    shell: str = ""
    looks: bool = False


def read(line: str, typed: Sequence[str], places: Mapping[str, str]) -> Step | None:
    """What a line asks for; None for a sentence. ``places`` fills placeholders in."""
    text = line.partition("  (")[0].strip()
    for name, value in places.items():
        text = text.replace(name, value)
    if text.startswith(_MEANT):
        return Step(_mended(typed, text.removeprefix(_MEANT).split(", ")[0]))
    if "ksimage " in text:
        return Step(tuple(shlex.split(text[text.index("ksimage ") :])[1:]))
    if found := _FLAGS.search(text):
        options = re.split(r", or |; |\)", found.group(1))[0].rstrip(",")
        return Step(_with(typed, shlex.split(options)))
    if _SHELL.match(text):
        return Step(shell=text)
    if _LOOKS.match(text):
        return Step(shell=text, looks=True)
    return None


def _mended(typed: Sequence[str], meant: str) -> tuple[str, ...]:
    """The command with the word replaced that looks most like what was meant."""
    flag, equals, value = meant.partition("=")
    if equals and flag in typed:
        at = typed.index(flag)
        assert typed[at + 1] == value
        return (*typed[:at], meant, *typed[at + 2 :])
    ratio = [difflib.SequenceMatcher(None, word, meant).ratio() for word in typed]
    at = ratio.index(max(ratio))
    old = typed[at]
    if meant.endswith(":") and ":" in old:  # a transport, in front of what was typed behind it
        meant += old.partition(":")[2]
    return (*typed[:at], meant, *typed[at + 1 :])


def _with(typed: Sequence[str], options: Sequence[str]) -> tuple[str, ...]:
    """The command with options, in place of the same ones where they have a value."""
    words = list(typed)
    if len(options) > 1 and options[0] in words and options[0] not in ("--patch", "--without"):
        at = words.index(options[0])
        del words[at : at + 2]
    return (*words, *options)
