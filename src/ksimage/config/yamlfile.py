"""ksimage.yaml: nodes to checked values, every fault at once with its line and column."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Final

import yaml

from ksimage.config import selection, values
from ksimage.config.kinds import KINDS
from ksimage.config.settings import BY_KEY, SETTINGS, HostSettings, ReleaseChoice, Setting
from ksimage.config.values import Refused
from ksimage.config.yamlnodes import FileValues, NodeReader, is_null
from ksimage.config.yamltext import MAX_BYTES, compose
from ksimage.errors import ConfigNotFound, ConfigUnreadable

REGISTRY_KEYS: Final = ("ca_file", "insecure")
RELEASE_KEYS: Final = ("release", "base")


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
        _Document(place, base, result).read(root)
        result.faults.sort(key=lambda fault: (fault.line, fault.column))
    return result


class _Document(NodeReader):
    """Reads the settings themselves, by the table and their kinds."""

    def read(self, root: yaml.Node) -> None:
        """Read the whole file. An empty document is a file that sets nothing."""
        if not (isinstance(root, yaml.ScalarNode) and is_null(root)):
            self._group(root, "")

    def _group(self, node: yaml.Node, group: str) -> None:
        for name, _, value in self.mapping(node, group.rstrip("."), names(group)):
            key = group + name
            if key not in BY_KEY:
                self._group(value, f"{key}.")
            else:
                self.keep(key, value, self._setting(value, BY_KEY[key]))

    def _setting(self, node: yaml.Node, setting: Setting) -> object:
        kind = KINDS[setting.kind]
        if setting.kind in self._own:
            return self._own[setting.kind](self, node, setting.key)
        shapes = {"list": self.items, "number": self.number}
        if kind.shape == "truth":
            return self.truth(node, setting.key)
        read = shapes.get(kind.shape, self.value)
        return read(node, setting.key, lambda text: kind.read(text, self.base))

    def _path(self, text: str) -> Path:
        return values.anchored(text, self.base)

    def _releases(self, node: yaml.Node, key: str) -> tuple[ReleaseChoice, ...]:
        found: list[ReleaseChoice] = []
        for number, item in enumerate(self.sequence(node, key), 1):
            choice = self._release(item, f"{key}[{number}]")
            if choice is None:
                continue
            if any(choice.pattern == other.pattern for other in found):
                self.fault(item, f"{key}[{number}]", f"{choice.pattern} stands twice")
            else:
                found.append(choice)
        return tuple(found)

    def _release(self, node: yaml.Node, key: str) -> ReleaseChoice | None:
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

    def _labels(self, node: yaml.Node, key: str) -> None:
        for name, name_node, value in self.mapping(node, key, None):
            try:
                values.label_key(name)
            except Refused as refused:
                self.fault(name_node, key, refused.reason, refused.nearest)
                continue
            self.keep(
                f"{key}.{name}", value, self.value(value, f"{key}.{name}", values.label_value)
            )

    def _registries(self, node: yaml.Node, key: str) -> None:
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
                ca_file = self.value(entries["ca_file"], f"{dotted}.ca_file", self._path)
            if "insecure" in entries:
                insecure = self.truth(entries["insecure"], f"{dotted}.insecure")
            if ca_file and insecure:
                reason = "a ca_file is pointless where insecure accepts any certificate"
                self.fault(entries["ca_file"], f"{dotted}.ca_file", reason)
            self.keep(dotted, value, HostSettings(ca_file, bool(insecure)))

    _own: ClassVar = {
        "release-list": _releases,
        "label-map": _labels,
        "registry-map": _registries,
    }


def names(group: str = "") -> tuple[str, ...]:
    """The keys that may stand in the file, or below the key ``group``, which ends in a dot."""
    inner = [s.key.removeprefix(group) for s in SETTINGS if s.in_file and s.key.startswith(group)]
    return tuple(dict.fromkeys(name.partition(".")[0] for name in inner))
