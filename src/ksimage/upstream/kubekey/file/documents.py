"""A configuration's text as kk splits it: documents, their lines, and the YAML nodes in them.

kk reads with ``NewYAMLReader`` of k8s.io/apimachinery: a document ends at a line that holds ``---``
and white space alone. Of each of them it takes the first YAML document. Nothing is constructed
here, and aliases are never expanded, so that no text can grow beyond what was read.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from typing import Final, NamedTuple

import yaml

from ksimage.errors import KubekeyConfigBroken

MAX_BYTES: Final = 4 << 20
MAX_DEPTH: Final = 60
MAX_EVENTS: Final = 200_000

_SEPARATOR: Final = re.compile(r"---\s*\Z")
_INNER_TAB: Final = re.compile(r"(?<=\S)[ \t]*\t[ \t]*")
_TEXT: Final = "tag:yaml.org,2002:str"


class YamlDocument(NamedTuple):
    """One document.

    Attributes:
        first: its first line in the file, from 1.
        text: the lines, with their ends.
        root: the root node, None when there is nothing but comments. Its marks count from the
            document's first line, from 0.
        hidden: line in the file of a further document in it that kk never reads, or 0.
        twice: names of keys that stand twice in one mapping.
    """

    first: int
    text: str
    root: yaml.Node | None
    hidden: int = 0
    twice: tuple[str, ...] = ()


def split(data: bytes, place: str) -> tuple[YamlDocument, ...]:
    """The documents of a file.

    Raises:
        KubekeyConfigBroken: no UTF-8, no YAML, or beyond a bound.
    """
    if len(data) > MAX_BYTES:
        raise KubekeyConfigBroken(place, f"is larger than {MAX_BYTES >> 20} MiB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise KubekeyConfigBroken(
            place, f"byte 0x{data[error.start]:02x} is not UTF-8", line=line
        ) from error
    documents: list[YamlDocument] = []
    lines: list[str] = []
    first = 1
    for number, line in enumerate([*io.StringIO(text, newline="\n"), "---"], 1):
        if not _SEPARATOR.match(line):
            lines.append(line)
            continue
        if lines:
            documents.append(parse("".join(lines), place, first))
        lines, first = [], number + 1
    return tuple(documents)


def parse(text: str, place: str, first: int = 1) -> YamlDocument:
    """One document; ``first`` is its first line in the file. Raises KubekeyConfigBroken."""
    try:
        return _compose(text, first, place)
    except yaml.MarkedYAMLError as error:
        if "\t" in text:
            try:  # kk's parser takes tabs between a value and its comment, PyYAML does not
                return _compose(_INNER_TAB.sub(_blanks, text), first, place)._replace(text=text)
            except yaml.MarkedYAMLError:
                pass
        mark = error.problem_mark or error.context_mark
        line = first + (mark.line if mark else 0)
        reason = f"is not YAML: {error.problem}"[:300]
        if "'\\t'" in reason:
            reason = "a tab cannot indent in YAML"
        raise KubekeyConfigBroken(place, reason, line=line) from error
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        reason = str(error).splitlines()[0][:200]
        raise KubekeyConfigBroken(place, f"is not YAML: {reason}", line=first) from error


def _blanks(match: re.Match[str]) -> str:
    return " " * len(match.group())


def _compose(text: str, first: int, place: str) -> YamlDocument:
    hidden = _bounded(text, first, place)
    root = next(yaml.compose_all(text, yaml.SafeLoader), None)
    return YamlDocument(first, text, root, hidden, tuple(_repeated(root)))


def _bounded(text: str, first: int, place: str) -> int:
    """Refuse what is too deep or too much before it is composed; the line of a second document."""
    depth = documents = 0
    for count, event in enumerate(yaml.parse(text, yaml.SafeLoader), 1):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.DocumentStartEvent):
            documents += 1
        line = event.start_mark.line if event.start_mark else 0
        if depth > MAX_DEPTH or count > MAX_EVENTS:
            reason = "is nested too deeply" if depth > MAX_DEPTH else "holds too many values"
            raise KubekeyConfigBroken(place, reason, line=first + line)
        if documents == 2:
            return first + line
    return 0


def _repeated(root: yaml.Node | None) -> list[str]:
    """Keys that stand twice in a mapping. Each node is looked at once, whatever aliases say."""
    found: list[str] = []
    seen: set[int] = set()
    todo = [root]
    while todo:
        node = todo.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            todo += node.value
        elif isinstance(node, yaml.MappingNode):
            names = Counter(key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode))
            found += [name for name, times in names.items() if times > 1]
            todo += [value for _, value in node.value]
    return found


def entry(node: yaml.Node | None, name: str) -> yaml.Node | None:
    """A mapping's value by name, through merge keys (``<<``) as well; the last one wins.

    Each mapping is looked into once, however often it is merged.
    """
    seen: set[int] = set()
    todo = [node]
    while todo:
        mapping = todo.pop(0)
        if not isinstance(mapping, yaml.MappingNode) or id(mapping) in seen:
            continue
        seen.add(id(mapping))
        for key, value in reversed(mapping.value):
            if isinstance(key, yaml.ScalarNode) and key.value == name:
                found: yaml.Node | None = value
                return found
            if isinstance(key, yaml.ScalarNode) and key.value == "<<":
                todo += value.value if isinstance(value, yaml.SequenceNode) else [value]
    return None


def at(node: yaml.Node | None, *path: str) -> yaml.Node | None:
    """The node below a path of names."""
    for name in path:
        node = entry(node, name)
    return node


def text_at(node: yaml.Node | None, *path: str) -> str:
    """The scalar below a path as it is written; "" where there is none, or null."""
    found = at(node, *path)
    if not isinstance(found, yaml.ScalarNode) or found.tag.endswith(":null"):
        return ""
    return str(found.value)


def is_text(node: yaml.Node | None) -> bool:
    """Whether YAML reads a scalar as text (``3.3`` is a number, ``3.3.2`` and ``"3.3"`` are)."""
    return node is not None and node.tag == _TEXT
