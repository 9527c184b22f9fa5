"""ksimage.yaml: nodes to checked values, every fault at once with its line and column."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from ksimage.config import selection, values
from ksimage.config.options import OPTIONS
from ksimage.config.secret_keys import ADVICE, is_secret
from ksimage.config.settings import HostSettings, Origin, ReleaseChoice
from ksimage.config.values import Refused
from ksimage.config.yamltext import MAX_BYTES, compose
from ksimage.errors import ConfigNotFound, ConfigUnreadable
from ksimage.errors.config import Fault

if TYPE_CHECKING:
    import yaml

T = TypeVar("T")

MAX_ENTRIES: Final = 500
TOP_KEYS: Final = tuple(dict.fromkeys(o.key.partition(".")[0] for o in OPTIONS if o.in_file))
PATCH_KEYS: Final = ("with", "without", "dir", "mode", "files")
REGISTRY_KEYS: Final = ("ca_file", "insecure")
RELEASE_KEYS: Final = ("release", "base")
_TRUTH: Final = ("true", "True", "TRUE", "false", "False", "FALSE")


@dataclass
class FileValues:
    """What a file says, by setting key (and ``labels.NAME``, ``registries.HOST``)."""

    values: dict[str, object] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def read(path: Path, place: str) -> FileValues:
    """Read and check a file; ``place`` is its name in messages. Faults are returned, not raised.

    Raises:
        ConfigNotFound: there is no such file.
        ConfigUnreadable: it is no regular file, or the system refuses.
    """
    try:
        if not path.exists():
            raise ConfigNotFound(place)
        if not path.is_file():
            raise ConfigUnreadable(place, "it is not a regular file")
        with path.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise ConfigUnreadable(place, getattr(error, "strerror", "") or str(error)) from error
    return check(data, place, path.parent)


def check(data: bytes, place: str, base: Path) -> FileValues:
    """Check the bytes of a file; relative paths in it are below ``base``."""
    root, faults = compose(data, place)
    result = FileValues(faults=faults)
    if root is not None:
        _Reader(place, base, result).document(root)
        result.faults.sort(key=lambda fault: (fault.line, fault.column))
    return result


class _Reader:
    def __init__(self, place: str, base: Path, result: FileValues) -> None:
        self.place = place
        self.base = base
        self.result = result

    # -- faults and origins ----------------------------------------------------------------------

    def fault(self, node: yaml.Node, key: str, reason: str, near: tuple[str, ...] = ()) -> None:
        mark = node.start_mark
        self.result.faults.append(
            Fault(self.place, mark.line + 1, mark.column + 1, key, reason, near)
        )

    def origin(self, node: yaml.Node) -> Origin:
        mark = node.start_mark
        return Origin("file", f"{self.place}:{mark.line + 1}:{mark.column + 1}")

    def keep(self, key: str, node: yaml.Node, value: object) -> None:
        if value is not None:
            self.result.values[key] = value
            self.result.origins[key] = self.origin(node)

    # -- shapes ----------------------------------------------------------------------------------

    def mapping(
        self, node: yaml.Node, key: str, known: tuple[str, ...] | None
    ) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        """Name, key node and value node of each entry; duplicate, unknown and secret keys fault."""
        import yaml

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
                self.fault(name_node, dotted, ADVICE)
            elif known is None:
                yield name, name_node, value_node
            else:
                near = tuple(values.nearest(name, known))
                reason = "unknown key" if near else f"unknown key; known are {', '.join(known)}"
                self.fault(name_node, dotted, reason, near)
            seen.setdefault(name, name_node.start_mark.line + 1)

    def sequence(self, node: yaml.Node, key: str) -> list[yaml.Node]:
        import yaml

        if not isinstance(node, yaml.SequenceNode):
            self.fault(node, key, f"is {_shape(node)}, but must be a list: [{_example(node)}]")
            return []
        if len(node.value) > MAX_ENTRIES:
            self.fault(node, key, f"holds more than {MAX_ENTRIES} entries")
            return []
        return list(node.value)

    def text(self, node: yaml.Node, key: str) -> str | None:
        import yaml

        if not isinstance(node, yaml.ScalarNode):
            self.fault(node, key, f"is {_shape(node)}, but must be a single value")
        elif _is_null(node):
            self.fault(node, key, "has no value: give one, or remove the key")
        else:
            return str(node.value)
        return None

    # -- values ----------------------------------------------------------------------------------

    def value(self, node: yaml.Node, key: str, read_text: Callable[[str], T]) -> T | None:
        text = self.text(node, key)
        if text is None:
            return None
        try:
            return read_text(text)
        except Refused as refused:
            self.fault(node, key, refused.reason, refused.nearest)
            return None

    def number(self, node: yaml.Node, key: str, read_text: Callable[[str], int]) -> int | None:
        if getattr(node, "style", None) in ("'", '"'):
            self.fault(node, key, "is text in quotes, but must be a number: remove the quotes")
            return None
        return self.value(node, key, read_text)

    def truth(self, node: yaml.Node, key: str) -> bool | None:
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
        found: list[T] = []
        for number, item in enumerate(self.sequence(node, key), 1):
            value = self.value(item, f"{key}[{number}]", read_text)
            if value is not None and value in found:
                self.fault(item, f"{key}[{number}]", f"{values.shown(str(value))} stands twice")
            elif value is not None:
                found.append(value)
        return tuple(found)

    def path(self, text: str) -> Path:
        return values.anchored(text, self.base)

    # -- the file --------------------------------------------------------------------------------

    def document(self, root: yaml.Node) -> None:
        """Read the whole file. An empty document is a file that sets nothing."""
        import yaml

        if isinstance(root, yaml.ScalarNode) and _is_null(root):
            return
        readers: Mapping[str, Callable[[yaml.Node, str], object]] = {
            "source": lambda n, k: self.value(n, k, lambda t: values.anchored_source(t, self.base)),
            "target": lambda n, k: self.value(n, k, values.target),
            "releases": self.releases,
            "platforms": lambda n, k: self.items(n, k, values.platform),
            "patches": self.patches,
            "verbosity": lambda n, k: self.number(n, k, values.verbosity),
            "tag": lambda n, k: self.value(n, k, values.tag_template),
            "labels": self.labels,
            "engine": lambda n, k: self.value(n, k, values.engine),
            "jobs": lambda n, k: self.number(n, k, values.jobs),
            "registries": self.registries,
        }
        for name, _, node in self.mapping(root, "", TOP_KEYS):
            self.keep(name, node, readers[name](node, name))

    def patches(self, node: yaml.Node, key: str) -> None:
        readers: Mapping[str, Callable[[yaml.Node, str], object]] = {
            "with": lambda n, k: self.items(n, k, values.patch),
            "without": lambda n, k: self.items(n, k, values.patch),
            "dir": lambda n, k: self.value(n, k, self.path),
            "mode": lambda n, k: self.value(n, k, values.mode),
            "files": lambda n, k: self.items(n, k, self.path),
        }
        for name, _, value in self.mapping(node, key, PATCH_KEYS):
            self.keep(f"{key}.{name}", value, readers[name](value, f"{key}.{name}"))

    def releases(self, node: yaml.Node, key: str) -> tuple[ReleaseChoice, ...]:
        found: list[ReleaseChoice] = []
        for number, item in enumerate(self.sequence(node, key), 1):
            choice = self.release(item, f"{key}[{number}]")
            if choice is None:
                continue
            if any(choice.pattern == other.pattern for other in found):
                self.fault(item, f"{key}[{number}]", f"{choice.pattern} stands twice")
            else:
                found.append(choice)
        return tuple(found)

    def release(self, node: yaml.Node, key: str) -> ReleaseChoice | None:
        import yaml

        if not isinstance(node, yaml.MappingNode):
            pattern = self.value(node, key, selection.checked)
            return ReleaseChoice(pattern, None, self.origin(node)) if pattern else None
        entries = {name: value for name, _, value in self.mapping(node, key, RELEASE_KEYS)}
        if "release" not in entries:
            self.fault(node, key, "names no release: {release: v3.3.2, base: sha256:...}")
            return None
        pattern = self.value(entries["release"], f"{key}.release", selection.checked)
        if "base" not in entries:
            return ReleaseChoice(pattern, None, self.origin(node)) if pattern else None
        base = self.value(entries["base"], f"{key}.base", values.digest)
        if pattern is None or base is None:
            return None
        choice = ReleaseChoice(pattern, base, self.origin(node))
        if choice.is_range:
            self.fault(entries["base"], f"{key}.base", "a range cannot be pinned to one digest")
            return None
        return choice

    def labels(self, node: yaml.Node, key: str) -> None:
        for name, name_node, value in self.mapping(node, key, None):
            try:
                values.label_key(name)
            except Refused as refused:
                self.fault(name_node, key, refused.reason, refused.nearest)
                continue
            self.keep(
                f"{key}.{name}", value, self.value(value, f"{key}.{name}", values.label_value)
            )

    def registries(self, node: yaml.Node, key: str) -> None:
        for name, name_node, value in self.mapping(node, key, None):
            try:
                host = values.host(name)
            except Refused as refused:
                self.fault(name_node, key, refused.reason, refused.nearest)
                continue
            dotted = f"{key}.{host}"
            if dotted in self.result.values:
                self.fault(name_node, dotted, "stands here twice, written differently")
                continue
            entries = {k: v for k, _, v in self.mapping(value, dotted, REGISTRY_KEYS)}
            ca_file = insecure = None
            if "ca_file" in entries:
                ca_file = self.value(entries["ca_file"], f"{dotted}.ca_file", self.path)
            if "insecure" in entries:
                insecure = self.truth(entries["insecure"], f"{dotted}.insecure")
            if ca_file and insecure:
                reason = "a ca_file is pointless where insecure accepts any certificate"
                self.fault(entries["ca_file"], f"{dotted}.ca_file", reason)
            self.keep(dotted, value, HostSettings(ca_file, bool(insecure)))


def _is_null(node: yaml.Node) -> bool:
    return getattr(node, "style", None) is None and node.value in ("", "~", "null", "Null", "NULL")


def _shape(node: yaml.Node) -> str:
    import yaml

    if isinstance(node, yaml.MappingNode):
        return "a mapping"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    return "empty" if _is_null(node) else "a single value"


def _example(node: yaml.Node) -> str:
    text = node.value if isinstance(node.value, str) else ""
    return text[:60] if text.isprintable() and text else "..."
