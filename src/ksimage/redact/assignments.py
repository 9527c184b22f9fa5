"""Secrets behind their name: ``password: x``, ``--token x``, ``<secret>x</secret>``, in Chinese."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ksimage.redact.keys import MAX_NAME, TRIGGERS, KeyKind, kind_of
from ksimage.redact.site import Site, windows
from ksimage.redact.values import identifier, plain, strong

if TYPE_CHECKING:
    from collections.abc import Iterator

CHINESE: Final = ("密码", "口令", "密钥", "令牌", "凭证", "凭据")
ENV_TRIGGER: Final = "value"
"""For ``- name: X_PASSWORD`` with ``value: x`` in the line below."""

MAX_QUOTED: Final = 8192
"""Characters of one quoted value."""

MAX_BLOCK: Final = 3
"""Lines of a YAML block that can be a password; private keys are known by their shape."""

_RUN = re.compile(r"[\w.\-]+")
_NAME = re.compile(rf"(?:{'|'.join(TRIGGERS)})[\w.\-]*")
_SEPARATOR = re.compile(r"\s{0,4}(?:=>|:=|::|=(?!=)|[:：]|[为是])[ \t]*")
_FOLLOWED = re.compile(r"\\*[\"']?\s{0,4}(?:[:=：>,为是\n]|\Z)|[\"'\\]")
"""What may stand behind a name that has a value: prose has something else there."""
_QUOTE = re.compile(r"\\*[\"']")
_NEXT_ARGUMENT = re.compile(r"(?:(\\*[\"'])[ \t]*,?\s*|[ \t]*\\\n\s*|[ \t]+)(?=\S)")
_QUOTED = re.compile(r"(?P<q>[\"'])(?P<v>(?:(?!(?P=q))[^\\\n]|\\.){0,8192})(?P=q)")
_QUOTED_WITHIN = re.compile(r"(?P<q>\\+[\"'])(?P<v>(?:(?!(?<!\\)(?P=q)|\n).){0,8192})(?P=q)")
_BARE = re.compile(r"[^\s\"'`\\<>]{1,1024}")
_BLOB = re.compile(r"[A-Za-z0-9+/_.-]{1024,65536}={0,2}")
"""A longer value is one if it has no punctuation, as base64."""
_TO_LINE_END = re.compile(r"[^\n\r\\]{0,65536}")
_LINE_HEAD = re.compile(r"(?:[-+ ] ?)?\s*(?:- )?[\"']?\Z")
_BLOCK = re.compile(r"[|>][+-]?\d?[ \t]*\n")
_XML = re.compile(r"(?:\s[^<>]{0,200})?>(?P<v>[^<>]{1,4000})</")
_IN_FLOW = re.compile(r"[,}\]]")
_NEXT_ASSIGNMENT = re.compile(r",[\w.\[\]\\-]+=")
_ENV = re.compile(
    r"name[\"']?:\s{0,9}[\"']?(?P<k>[\w.-]{1,100})[\"']?\s{0,30},?\s{0,30}[\"']?value[\"']?:[ \t]*",
    re.IGNORECASE,
)
_UNBROKEN = re.compile(r"[^\s\"'`\\<>]{0,1024}")
MAX_NESTED: Final = 16
"""Names that are tried within an unbroken text that was taken for the value of one before."""


def names(text: str, low: str) -> Iterator[tuple[int, int, KeyKind]]:
    """The names in ``text`` whose values are secret, and of what kind: start, end, kind.

    ``low`` is the text in lower case.
    """
    if not any(trigger in low for trigger in TRIGGERS):
        return
    for place in _NAME.finditer(low):
        start, end = place.span()
        if _RUN.match(text, start - 1, start) and (
            before := _RUN.match(text[max(0, start - MAX_NAME) : start][::-1])
        ):
            start -= before.end()
        if end - start > MAX_NAME:
            continue
        name = text[start:end].rstrip("-.")
        kind = kind_of(name.lstrip("-."))
        if kind is KeyKind.NONE:
            continue
        marked = name.startswith("-") or text[start - 1 : start] == "<"
        if marked or _FOLLOWED.match(text, start + len(name)):
            yield start, start + len(name), kind


def named(text: str, low: str) -> Iterator[Site]:
    """Every secret behind a name in ``text``; ``low`` is the text in lower case."""
    done = refused = tries = 0
    for start, end, kind in names(text, low):
        if start < done:
            continue  # within a value, however long
        nested = start < refused
        tries = tries + 1 if nested else 0
        if tries > MAX_NESTED:
            continue
        for site in _value(text, start, end, kind):
            done = site.end
            yield site
        if done <= start and not nested and (unbroken := _UNBROKEN.match(text, end)):
            refused = unbroken.end()
    if ENV_TRIGGER in low:
        yield from _environment(text, low)


def _value(text: str, start: int, end: int, kind: KeyKind) -> Iterator[Site]:
    """What stands behind the name ``text[start:end]``."""
    flag = text[start : start + 1] == "-"
    if text[start - 1 : start] == "<" and (found := _XML.match(text, end)):
        if len(found["v"].split()) <= 2:
            yield from _judged(found.start("v"), found["v"].strip(), kind, "xml", text)
        return
    quote = _QUOTE.match(text, end)
    behind = quote.end() if quote else end
    if separator := _SEPARATOR.match(text, behind):
        spaced = text[separator.end() - 1] in " \t" and ":" in separator[0]
        yield from _scalar(text, start, separator.end(), kind, spaced)
    elif flag and (gap := _NEXT_ARGUMENT.match(text, end)):
        at = gap.end()
        if text[at] == "-":
            return  # another option
        if gap[1] and not _QUOTE.match(text, at):
            return  # "--token" at the end of a quoted text
        yield from _scalar(text, start, at, kind, False)


def _scalar(text: str, start: int, at: int, kind: KeyKind, spaced: bool) -> Iterator[Site]:
    """The value that begins at ``at``; ``spaced``: behind a colon and a blank, as in YAML."""
    if quoted := _QUOTED.match(text, at) or _QUOTED_WITHIN.match(text, at):
        yield from _judged(quoted.start("v"), quoted["v"], kind, "name", text)
        return
    head = text[text.rfind("\n", max(0, start - 300), start) + 1 : start]
    if block := _BLOCK.match(text, at):
        yield from _block(text, head, block.end(), kind)
        return
    if spaced and _LINE_HEAD.match(head):
        line = _TO_LINE_END.match(text, at)
        value = line[0].partition(" #")[0].rstrip() if line else ""
        if value.startswith(("'", '"')):
            value = ""  # a quote that is never closed is no YAML
        if len(value.split()) <= 2:
            yield from _judged(at, value, kind, "name", text)
            return
    bare = _BLOB.match(text, at) or _BARE.match(text, at)
    if bare is None:
        return
    value = bare[0]
    if text[start - 1 : start] in ("?", "&"):
        value = value.partition("&")[0]
    elif following := _NEXT_ASSIGNMENT.search(value):
        value = value[: following.start()]
    if spaced and "{" in head and (flow := _IN_FLOW.search(value)):
        value = value[: flow.start()]
    yield from _judged(at, value.rstrip(",;)}]|&"), kind, "name", text)


def _block(text: str, head: str, at: int, kind: KeyKind) -> Iterator[Site]:
    """A YAML block: the lines that are indented deeper than the name. A long one is a program."""
    indent = len(head) - len(head.lstrip(" -+"))
    lines: list[tuple[int, str]] = []
    while at < len(text) and len(lines) <= MAX_BLOCK:
        line = text[at : at + MAX_QUOTED].partition("\n")[0]
        depth = len(line) - len(line.lstrip())
        if line.strip():
            if depth <= indent:
                break
            lines.append((at + depth, line.strip()))
        at += len(line) + 1
    if len(lines) <= MAX_BLOCK:
        for start, line in lines:
            yield from _judged(start, line, kind, "block", text)


def chinese(text: str) -> Iterator[Site]:
    """Every secret behind a Chinese word for one."""
    for word in CHINESE:
        at = text.find(word)
        while at >= 0:
            end = at + len(word)
            quote = _QUOTE.match(text, end)
            if separator := _SEPARATOR.match(text, quote.end() if quote else end):
                for site in _scalar(text, at, separator.end(), KeyKind.PASSWORD, False):
                    end = max(end, site.end)
                    yield site
            at = text.find(word, end)


def _environment(text: str, low: str) -> Iterator[Site]:
    for start, end in windows(low, (ENV_TRIGGER,), MAX_NAME + 30, 20):
        for found in _ENV.finditer(text, start, end):
            kind = kind_of(found["k"])
            if kind is not KeyKind.NONE:
                at = low.rindex(ENV_TRIGGER, found.start(), found.end())
                yield from _scalar(text, at, found.end(), kind, True)


def _judged(at: int, value: str, kind: KeyKind, rule: str, text: str) -> Iterator[Site]:
    """The site, if the value is worth hiding behind a name of this kind."""
    if not value or plain(value) or "://" in value:
        return
    if text[at : at + len(value)] != value:
        at = text.find(value, at)
    if kind is KeyKind.AMBIGUOUS:
        if strong(value):
            yield Site(at, at + len(value), rule, value)
    elif not _code(value):
        yield Site(at, at + len(value), rule, value)


def _code(value: str) -> bool:
    """``self.password``, ``get()``: the name of a secret in a program, not the secret."""
    return ("." in value or "(" in value or "/" in value) and identifier(value)
