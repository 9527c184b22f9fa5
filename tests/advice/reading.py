"""From a line of advice to what is typed next, as somebody would who reads it."""

from __future__ import annotations

import difflib
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

Words = tuple[str, ...]
_FLAGS = re.compile(r"(?:^|[\s:(])(--[a-z].*|-[con] \S+)")
_SHELL = re.compile(r"(?:^|: )((?:mv|export|unset) .*)$")
_LOGIN = re.compile(r"\bdocker login (\S+)")
_LOOKS = re.compile(r"(?:^|: |  )((?:ls|openssl|curl|kubectl|echo|kk) .*)$")
_AGAIN = re.compile(r"(?:run|repeat) (?:the same command|it) again|try again later")
_LOCATION = re.compile(r"(?:oci|oci-archive|docker-archive|kubekey):\S+")
_MEANT = "did you mean: "
_NOT = re.compile(r"\bno (--[a-z-]+)(?: (\S+))?")
_WITHOUT = re.compile(r"--without \S+")
_OPTION_OUT = re.compile(r", without (--[a-z-]+)")
_ADDED_IN_BRACKETS = re.compile(r"again \((--[^)]+)\)$")
_INSTEAD = re.compile(r"instead of (--[a-z-]+)")
_ADDED = ("--patch", "--without", "--force", "--replace")


class Step(NamedTuple):
    """One thing to do.

    Attributes:
        words: for ksimage; none where the command is typed again as it was.
        shell: a line for a shell, before that.
        looks: whether the shell's line only shows something.
        login: a host to log in to, before that.
        again: whether what is wrong passes by itself: the command fails, and then does not.
        into: the file that takes the command's output.
        then: options with which the first command is typed again, after that.
    """

    words: Words = ()
    shell: str = ""
    looks: bool = False
    login: str = ""
    again: bool = False
    into: str = ""
    then: Words = ()


def read(line: str, typed: Sequence[str], places: Mapping[str, str]) -> Step | None:
    """What a line asks for; None for a sentence. ``places`` fills placeholders in."""
    text = line.strip()
    if not _LOOKS.search(text):
        text = text.partition("  (")[0].strip()
    for name, value in places.items():
        text = text.replace(name, value)
    if text.startswith(_MEANT):
        return Step(_mended(typed, text.removeprefix(_MEANT).split(", ")[0]))
    if _LOCATION.fullmatch(text):
        return Step(_with(typed, ("--from", text)))
    if found := _LOGIN.search(text):
        return Step(login=found[1])
    if found := _SHELL.search(text):
        return Step(shell=found[1])
    if "no --" in text:
        for option, value in _NOT.findall(text):
            typed = _but(typed, option, value)
        return Step((*typed, *shlex.split(" ".join(_WITHOUT.findall(text)))))
    if "ksimage " in text:
        return _ksimage(text[text.index("ksimage ") :])
    if found := _LOOKS.search(text):
        return Step(shell=found[1], looks=True)
    if found := _OPTION_OUT.search(text):
        return Step(_but(typed, found[1], ""))
    if found := _ADDED_IN_BRACKETS.search(text):
        return Step(_with(typed, shlex.split(found[1])))
    if _AGAIN.search(text):
        return Step(again=True)
    if found := _INSTEAD.search(text):
        typed = _but(typed, found[1], " ")
        text = text.replace(found[0], "")
    if found := _FLAGS.search(text):
        options = re.split(r", or |; |\)", found[1])[0].rstrip(",")
        return Step(_with(typed, shlex.split(options.replace(",", ""))))
    return None


def _but(typed: Sequence[str], option: str, value: str) -> Words:
    """The command without an option, and without its value where it has one."""
    places = [at for at, word in enumerate(typed) if word == option]
    named = [at for at in places if Path(typed[at + 1]).name == Path(value.strip()).name]
    at = (named or places)[0]
    assert named or not value.strip(), f"{value} was not typed"
    return (*typed[:at], *typed[at + 1 + bool(value) :])


def _ksimage(text: str) -> Step:
    """A command, perhaps with a file for its output."""
    text, _, into = text.partition(" > ")
    file, _, then = into.partition(", ")
    options = then.partition("then ")[2]
    return Step(tuple(shlex.split(text)[1:]), into=file, then=tuple(shlex.split(options)))


def _mended(typed: Sequence[str], meant: str) -> Words:
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


def _with(typed: Sequence[str], options: Sequence[str]) -> Words:
    """The command with options, in place of the same ones where they have a value."""
    words = list(typed)
    for at, option in enumerate(options):
        valued = at + 1 < len(options) and not options[at + 1].startswith("-")
        if option in words and option not in _ADDED:
            there = words.index(option)
            del words[there : there + 1 + valued]
    return (*words, *options)
