"""Secrets that stand behind their name: ``password: x``, ``--token x``, ``<secret>x</secret>``, 密码：x."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ksimage.redact.keys import MAX_NAME, TRIGGERS, KeyKind, kind_of
from ksimage.redact.site import Site
from ksimage.redact.values import identifier, plain, strong

if TYPE_CHECKING:
    from collections.abc import Iterator

CHINESE: Final = ("密码", "口令", "密钥", "令牌", "凭证", "凭据")
ENV_TRIGGER: Final = "value"
"""For ``- name: X_PASSWORD`` with ``value: x`` in the line below."""

MAX_QUOTED: Final = 8192
"""Characters of one quoted value."""

_NAME_BEFORE = re.compile(r"[\w.\-]*\Z")
_NAME_AFTER = re.compile(r"[\w.\-]*")
_SEPARATOR = re.compile(r"\s{0,4}(?:=>|:=|[:=：]|为是|[为是])[ \t]*")
_QUOTE = re.compile(r"\\*[\"']")
_NEXT_ARGUMENT = re.compile(r"(?:(\\*[\"'])[ \t]*,?\s*|[ \t]+|[ \t]*\\\n\s*)(?=\S)")
_QUOTED = re.compile(r"(?P<q>\\*[\"'])(?P<v>(?:(?!(?P=q)|\n).){0,8192}?)(?<!\\)(?P=q)")
_BARE = re.compile(r"[^\s\"'`\\<>]+")
_TO_LINE_END = re.compile(r"[^\n\r\\]*")
_LINE_HEAD = re.compile(r"(?:[-+ ] ?)?\s*(?:- )?[\"']?\Z")
_BLOCK = re.compile(r"[|>][+-]?\d?[ \t]*\n")
_XML = re.compile(r"(?:\s[^<>]{0,200})?>(?P<v>[^<>]{1,4000})</")
_IN_FLOW = re.compile(r"[,}\]]")
_NEXT_ASSIGNMENT = re.compile(r",[\w.\[\]\\-]+=")
_ENV = re.compile(
    r"name[\"']?:\s*[\"']?(?P<k>[\w.-]+)[\"']?\s*,?\s*\n?\s*[\"']?value[\"']?:[ \t]*", re.IGNORECASE
)


def named(text: str, low: str) -> Iterator[Site]:
    """Every secret behind a name in ``text``; ``low`` is the text in lower case."""
    seen = -1
    for at in _positions(low):
        if at < seen:
            continue  # the same name again: "secret" and "key" of secretKey
        start = at - len(_NAME_BEFORE.search(text, max(0, at - MAX_NAME), at)[0])  # type: ignore[index]
        after = _NAME_AFTER.match(text, at)
        assert after is not None  # it matches nothing at all, too
        end = seen = after.end()
        if end - start > MAX_NAME:
            continue
        name = text[start:end].rstrip("-.")
        if (kind := kind_of(name.lstrip("-."))) is not KeyKind.NONE:
            yield from _value(text, start, start + len(name), kind)
    yield from _chinese(text)
    yield from _environment(text, low)


def _positions(low: str) -> list[int]:
    """Where names may be, in order."""
    found: list[int] = []
    for trigger in TRIGGERS:
        at = low.find(trigger)
        while at >= 0:
            found.append(at)
            at = low.find(trigger, at + len(trigger))
    found.sort()
    return found


def _value(text: str, start: int, end: int, kind: KeyKind) -> Iterator[Site]:
    """What stands behind the name ``text[start:end]``."""
    flag = text[start : start + 1] == "-"
    if text[start - 1 : start] == "<" and (found := _XML.match(text, end)):
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
    if quoted := _QUOTED.match(text, at):
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
    bare = _BARE.match(text, at)
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
    """A YAML block: the lines that are indented deeper than the name."""
    indent = len(head) - len(head.lstrip(" -+"))
    for _ in range(200):
        end = text.find("\n", at)
        line = text[at : end if end >= 0 else len(text)]
        if line.strip():
            depth = len(line) - len(line.lstrip())
            if depth <= indent:
                return
            yield from _judged(at + depth, line.strip(), kind, "block", text)
        if end < 0:
            return
        at = end + 1


def _chinese(text: str) -> Iterator[Site]:
    if text.isascii():
        return
    for word in CHINESE:
        at = text.find(word)
        while at >= 0:
            end = at + len(word)
            quote = _QUOTE.match(text, end)
            if separator := _SEPARATOR.match(text, quote.end() if quote else end):
                yield from _scalar(text, at, separator.end(), KeyKind.PASSWORD, False)
            at = text.find(word, end)


def _environment(text: str, low: str) -> Iterator[Site]:
    at = low.find(ENV_TRIGGER)
    while at >= 0:
        for found in _ENV.finditer(text, max(0, at - MAX_NAME - 30), at + 20):
            kind = kind_of(found["k"])
            if kind is not KeyKind.NONE:
                yield from _scalar(text, at, found.end(), kind, True)
        at = low.find(ENV_TRIGGER, at + len(ENV_TRIGGER))


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
