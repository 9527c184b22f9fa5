"""Set values in a configuration's text and leave every other byte as it is.

Only the characters of a value are replaced, or lines put in, at the places that the YAML parser
names. A round-trip library would lay the whole file out anew (indentation of lists, long lines,
quotes): kk's own files mix styles.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

import yaml

from ksimage.errors import KubekeyConfigNotEditable
from ksimage.upstream.kubekey.file import documents

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.upstream.kubekey.file.documents import YamlDocument

_PLAIN: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./:+-]*[A-Za-z0-9_]|[A-Za-z0-9_]")
_NUMBER: Final = re.compile(r"[-+.0-9_:eExXoOa-fA-F]+")
_WORDS: Final = frozenset(("true", "false", "yes", "no", "on", "off", "null", "y", "n"))


class Wanted(NamedTuple):
    """A value to set: the names that lead to it, and the text, or a number."""

    path: tuple[str, ...]
    value: str | int

    @property
    def name(self) -> str:
        """``spec.registry.privateRegistry``."""
        return ".".join(self.path)


def set_all(place: str, document: YamlDocument, settings: Sequence[Wanted]) -> str:
    """The document's text with these values.

    Args:
        place: the file's name, for messages.

    Raises:
        KubekeyConfigNotEditable: a value belongs to an anchor or alias, or to something that is no
            mapping.
    """
    for setting in settings:
        start, end, new = _piece(place, document.text, document.root, setting)
        text = document.text[:start] + new + document.text[end:]
        document = documents.parse(text, place, document.first)
        if documents.text_at(document.root, *setting.path) != str(setting.value):
            raise KubekeyConfigNotEditable(place, setting.name, "its surroundings are too unusual")
    return document.text


def scalar(value: str | int) -> str:
    """A value as YAML that reads it as the same text or number."""
    if isinstance(value, int):
        return str(value)
    plain = (
        _PLAIN.fullmatch(value)
        and not _NUMBER.fullmatch(value)
        and value.lower() not in _WORDS
        and not value.endswith(":")
    )
    return value if plain else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _piece(place: str, text: str, root: yaml.Node | None, setting: Wanted) -> tuple[int, int, str]:
    """Start and end of what is replaced, and what it is replaced by."""
    node, key, depth = root, None, 0
    for name in setting.path:
        if not isinstance(node, yaml.MappingNode):
            break
        found = [
            (k, v) for k, v in node.value if isinstance(k, yaml.ScalarNode) and k.value == name
        ]
        if not found:
            break
        (key, node), depth = found[-1], depth + 1
        _own(place, text, setting, key, node)
    rest = setting.path[depth:]
    if not rest:
        return _replaced(place, setting, key, node)
    if isinstance(node, yaml.MappingNode):
        return _inserted(text, node, rest, setting.value)
    if key is not None and isinstance(node, yaml.ScalarNode) and node.tag.endswith(":null"):
        return _filled(text, key, node, rest, setting.value)
    reason = f"{'.'.join(setting.path[:depth]) or 'the document'} is no mapping"
    raise KubekeyConfigNotEditable(place, setting.name, reason)


def _index(mark: yaml.Mark | None) -> int:
    return mark.index if mark is not None else 0


def _own(place: str, text: str, setting: Wanted, key: yaml.Node, node: yaml.Node) -> None:
    """Refuse what stands elsewhere (an alias) or carries an anchor or a tag."""
    between = text[_index(key.end_mark) : _index(node.start_mark)]
    elsewhere = _index(node.start_mark) < _index(key.end_mark)
    if (
        elsewhere
        or re.search(r":\s*[&*!]", between)
        or text[_index(node.start_mark) :][:1] in ("&", "*", "!")
    ):
        raise KubekeyConfigNotEditable(
            place, setting.name, "an anchor, alias or tag is on the way to it"
        )


def _replaced(
    place: str, setting: Wanted, key: yaml.Node | None, node: yaml.Node | None
) -> tuple[int, int, str]:
    if key is None or not isinstance(node, yaml.ScalarNode):
        raise KubekeyConfigNotEditable(place, setting.name, "it holds more than one value")
    start, end = _index(node.start_mark), _index(node.end_mark)
    if node.style in ("|", ">"):
        raise KubekeyConfigNotEditable(place, setting.name, "it is a block of lines")
    new = scalar(setting.value)
    if isinstance(setting.value, str) and node.style in ("'", '"'):
        new = f"{node.style}{setting.value}{node.style}"
    return (start, end, new) if end > start else (_after(key), _after(key), f" {new}")


def _after(key: yaml.Node) -> int:
    """Behind the colon of a key without a value: PyYAML's mark of an empty one is further on."""
    return _index(key.end_mark) + 1


def _inserted(
    text: str, mapping: yaml.MappingNode, rest: tuple[str, ...], value: str | int
) -> tuple[int, int, str]:
    start = _index(mapping.start_mark)
    if mapping.flow_style:
        inner = "{".join(f"{name}: " for name in rest) + scalar(value) + "}" * (len(rest) - 1)
        return start + 1, start + 1, inner + (", " if mapping.value else "")
    first = text.rfind("\n", 0, start) + 1
    indent = text[first:start]
    return first, first, _lines(text, indent, rest, value)


def _filled(
    text: str, key: yaml.Node, node: yaml.Node, rest: tuple[str, ...], value: str | int
) -> tuple[int, int, str]:
    """Lines below a key without a value, or with ``null`` or ``~``."""
    line = text.rfind("\n", 0, _index(key.start_mark)) + 1
    indent = " " * (_index(key.start_mark) - line + 2)
    end = text.find("\n", _index(key.end_mark))
    at = len(text) if end < 0 else end + 1
    lines = _lines(text, indent, rest, value)
    if at == len(text) and not text.endswith("\n"):
        lines = _end(text) + lines
    if _index(node.end_mark) > _index(node.start_mark):
        gone = text[_index(node.end_mark) : at]
        return _index(node.start_mark), at, gone.lstrip(" ") + lines
    return at, at, lines


def _lines(text: str, indent: str, rest: tuple[str, ...], value: str | int) -> str:
    lines = [f"{indent}{'  ' * depth}{name}:" for depth, name in enumerate(rest)]
    lines[-1] += f" {scalar(value)}"
    return "".join(line + _end(text) for line in lines)


def _end(text: str) -> str:
    """The line end that the document uses."""
    return "\r\n" if "\r\n" in text else "\n"
