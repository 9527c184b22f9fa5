"""Bytes to YAML nodes: everything that is wrong with the text as such, before any key is read.

PyYAML only parses and composes here, it never constructs objects. Values stay the text that was
written (``tag: 3.10`` is not 3.1), each with its line and column. What a settings file has no
use for is refused: anchors and aliases (they allow bombs), tags, several documents, deep nesting.
"""

from __future__ import annotations

from typing import Final

import yaml

from ksimage.errors.config import MAX_FAULTS, Fault

MAX_BYTES: Final = 64 << 10
MAX_DEPTH: Final = 10
MAX_EVENTS: Final = 10_000


def compose(data: bytes, place: str) -> tuple[yaml.Node | None, list[Fault]]:
    """The document's root node, None for an empty one, and the faults that make it unusable."""
    text, faults = _decode(data, place)
    if faults:
        return None, faults
    try:
        faults = _refuse(text, place)
        if faults:
            return None, faults
        return yaml.compose(text, yaml.SafeLoader), []
    except yaml.MarkedYAMLError as error:
        return None, [_syntax(error, place)]
    except yaml.reader.ReaderError as error:
        line, column = _position(text[: error.position])
        reason = f"the character U+{ord(text[error.position]):04X} is not allowed in YAML"
        return None, [Fault(place, line, column, "", reason)]
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # A handful of PyYAML's own checks (numbers of escapes and directives) carry no position.
        return None, [Fault(place, 1, 1, "", f"is not YAML: {error}".splitlines()[0][:200])]


def _decode(data: bytes, place: str) -> tuple[str, list[Fault]]:
    if len(data) > MAX_BYTES:
        return "", [Fault(place, 0, 0, "", f"is larger than {MAX_BYTES >> 10} KiB")]
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "", [Fault(place, 1, 1, "", "is UTF-16: save it as UTF-8")]
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line, column = _position(data[: error.start].decode("utf-8", "replace"))
        reason = f"byte 0x{data[error.start]:02x} is not UTF-8: save the file as UTF-8"
        return "", [Fault(place, line, column, "", reason)]


def _position(before: str) -> tuple[int, int]:
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _refuse(text: str, place: str) -> list[Fault]:
    """What is valid YAML but has no place in a settings file. Reads the whole text once."""
    faults: list[Fault] = []
    depth = documents = 0
    for count, event in enumerate(yaml.parse(text, yaml.SafeLoader), 1):
        mark, reason = event.start_mark, ""
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents == 2:
                reason = "a second document begins here: one file holds one document"
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if getattr(event, "anchor", None) and not isinstance(event, yaml.AliasEvent):
            reason = "anchors and aliases (& and *) are not supported: write the value out"
        elif isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None) is not None:
            reason = "YAML tags (! and !!) are not supported: write the plain value"
        if depth > MAX_DEPTH or count > MAX_EVENTS:
            reason = "is nested too deeply" if depth > MAX_DEPTH else "holds too many values"
            return [*faults, Fault(place, line, column, "", reason)]
        if reason and len(faults) < MAX_FAULTS:
            faults.append(Fault(place, line, column, "", reason))
    return faults


def _syntax(error: yaml.MarkedYAMLError, place: str) -> Fault:
    """PyYAML's problem in words that help, at the place where it can be mended."""
    mark = error.problem_mark or error.context_mark
    problem, context = (error.problem or "").strip(), (error.context or "").strip()
    reason = f"is not YAML here: {problem or context}"[:300]
    if "'\\t'" in problem:
        reason = "a tab cannot indent or begin a value in YAML: use spaces"
    elif context == "while scanning a quoted scalar" and "end of stream" in problem:
        mark, reason = error.context_mark, "the quote that opens here is never closed"
    elif context.startswith("while parsing a flow") and error.context_mark:
        opened = error.context_mark.line + 1
        reason = f"the bracket that opens in line {opened} is not closed, or a comma is missing"
    elif problem.startswith(("mapping values are not allowed", "could not find expected ':'")):
        reason = "': ' is out of place: missing or wrongly indented above, or a value needs quotes"
    elif problem.startswith("expected <block end>"):
        reason = "wrong indentation, or a value that begins with { or [ and needs quotes"
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return Fault(place, line, column, "", reason)
