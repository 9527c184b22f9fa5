"""YAML nodes to values: shapes, keys and single values, every fault with its line and column."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import yaml

from ksimage.config import values
from ksimage.config.kinds import MAX_ENTRIES
from ksimage.config.settings import SettingOrigin
from ksimage.config.values import Refused
from ksimage.errors.config import Fault

T = TypeVar("T")

_TRUTH: Final = ("true", "True", "TRUE", "false", "False", "FALSE")
_SECRET: Final = re.compile(
    r"(?:user(?:name)?|login|auths?|cred(?:ential)?s?|pass|pwd)|"
    r".*(?:passwo?r?d|passphrase|token|secret|api_?key|private_?key)s?",
    re.IGNORECASE | re.DOTALL,
)
_LOGIN: Final = (
    "credentials have no place in this file: use docker login, or --username with "
    "--password-stdin, or KSIMAGE_USERNAME and KSIMAGE_PASSWORD from the CI system's secrets"
)


@dataclass
class FileValues:
    """What a file says, by setting key (and ``labels.NAME``, ``registries.HOST``)."""

    values: dict[str, object] = field(default_factory=dict)
    origins: dict[str, SettingOrigin] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def is_secret(key: str) -> bool:
    """Whether a key's name says that its value is a credential."""
    return _SECRET.fullmatch(key.replace("-", "_")) is not None


class NodeReader:
    """Reads nodes of one file into ``result``; what cannot be used is a fault there."""

    def __init__(self, place: str, base: Path, result: FileValues) -> None:
        self.place = place
        self.base = base
        self.result = result

    # -- faults and origins ----------------------------------------------------------------------

    def fault(self, node: yaml.Node, key: str, reason: str, near: tuple[str, ...] = ()) -> None:
        """Something is wrong with a node."""
        mark = node.start_mark
        self.result.faults.append(
            Fault(self.place, mark.line + 1, mark.column + 1, key, reason, near)
        )

    def origin(self, node: yaml.Node) -> SettingOrigin:
        """Where a node stands."""
        mark = node.start_mark
        return SettingOrigin("file", f"{self.place}:{mark.line + 1}:{mark.column + 1}")

    def keep(self, key: str, node: yaml.Node, value: object) -> None:
        """Take a value that has been read; None is none."""
        if value is not None:
            self.result.values[key] = value
            self.result.origins[key] = self.origin(node)

    # -- shapes ----------------------------------------------------------------------------------

    def mapping(
        self, node: yaml.Node, key: str, known: tuple[str, ...] | None
    ) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        """Name, key node and value node of each entry; duplicate, unknown and secret keys fault."""
        if not isinstance(node, yaml.MappingNode):
            want = f" of {', '.join(known)}" if known else ""
            self.fault(node, key, f"is {_shape(node)}, but must be a mapping{want}")
            return
        if len(node.value) > MAX_ENTRIES:
            self.fault(node, key, f"holds more than {MAX_ENTRIES} entries")
            return
        seen: dict[str, int] = {}
        for name_node, value_node in node.value:
            if not isinstance(name_node, yaml.ScalarNode):
                self.fault(name_node, key, f"a key is {_shape(name_node)}, but must be a word")
                continue
            name = name_node.value
            dotted = f"{key}.{name}" if key else name
            if not name.isprintable() or len(name) > 300:
                dotted = f"{key}.{values.shown(name)}" if key else values.shown(name)
            if name in seen:
                self.fault(name_node, dotted, f"stands here twice, first in line {seen[name]}")
            elif known is not None and name in known:
                yield name, name_node, value_node
            elif is_secret(name):
                self.fault(name_node, dotted, _LOGIN)
            elif known is None:
                yield name, name_node, value_node
            else:
                near = tuple(values.nearest(name, known))
                reason = "unknown key" if near else f"unknown key; known are {', '.join(known)}"
                self.fault(name_node, dotted, reason, near)
            seen.setdefault(name, name_node.start_mark.line + 1)

    def sequence(self, node: yaml.Node, key: str) -> list[yaml.Node]:
        """A list's nodes."""
        if not isinstance(node, yaml.SequenceNode):
            self.fault(node, key, f"is {_shape(node)}, but must be a list: [{_example(node)}]")
            return []
        if len(node.value) > MAX_ENTRIES:
            self.fault(node, key, f"holds more than {MAX_ENTRIES} entries")
            return []
        return list(node.value)

    def text(self, node: yaml.Node, key: str) -> str | None:
        """A single value as it was written."""
        if not isinstance(node, yaml.ScalarNode):
            self.fault(node, key, f"is {_shape(node)}, but must be a single value")
        elif is_null(node):
            self.fault(node, key, "has no value: give one, or remove the key")
        else:
            return str(node.value)
        return None

    # -- values ----------------------------------------------------------------------------------

    def value(self, node: yaml.Node, key: str, read_text: Callable[[str], T]) -> T | None:
        """A single value, read and checked."""
        text = self.text(node, key)
        if text is None:
            return None
        try:
            return read_text(text)
        except Refused as refused:
            self.fault(node, key, refused.reason, refused.nearest)
            return None

    def number(self, node: yaml.Node, key: str, read_text: Callable[[str], T]) -> T | None:
        """A number, which must not stand in quotes."""
        if getattr(node, "style", None) in ("'", '"'):
            self.fault(node, key, "is text in quotes, but must be a number: remove the quotes")
            return None
        return self.value(node, key, read_text)

    def truth(self, node: yaml.Node, key: str) -> bool | None:
        """``true`` or ``false``."""
        text = self.text(node, key)
        if text is None:
            return None
        if text not in _TRUTH or getattr(node, "style", None):
            self.fault(node, key, f"{values.shown(text)} is neither true nor false")
            return None
        return text.lower() == "true"

    def items(
        self, node: yaml.Node, key: str, read_text: Callable[[str], T]
    ) -> tuple[T, ...] | None:
        """A list of single values, each once."""
        found: list[T] = []
        for number, item in enumerate(self.sequence(node, key), 1):
            value = self.value(item, f"{key}[{number}]", read_text)
            if value is not None and value in found:
                self.fault(item, f"{key}[{number}]", f"{values.shown(str(value))} stands twice")
            elif value is not None:
                found.append(value)
        return tuple(found)


def is_null(node: yaml.Node) -> bool:
    """Whether a scalar node says nothing."""
    return getattr(node, "style", None) is None and node.value in ("", "~", "null", "Null", "NULL")


def _shape(node: yaml.Node) -> str:
    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "empty" if is_null(node) else "a single value"


def _example(node: yaml.Node) -> str:
    text = node.value if isinstance(node.value, str) else ""
    return text[:60] if text.isprintable() and text else "..."
