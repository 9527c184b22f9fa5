"""The one table of settings: a row is a field. What is in force, typed and frozen.

Flag, variable, file key, JSON Schema, ``ksimage config`` and the table in
``docs/configuration.md`` follow from the row; ``config/kinds.py`` knows how each kind is read.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, Literal, NamedTuple

CONFIG_NAME: Final = "ksimage.yaml"
CONFIG_VARIABLE: Final = "KSIMAGE_CONFIG"
DEFAULT_SOURCE: Final = "docker.io/kubesphere"

Engine = Literal["auto", "docker", "direct"]
SeriesMode = Literal["append", "replace"]


class SettingOrigin(NamedTuple):
    """Where a value came from; prints as ``ksimage.yaml:3:9`` or ``environment KSIMAGE_TAG``."""

    kind: Literal["flag", "environment", "file", "default"]
    detail: str = ""

    def __str__(self) -> str:
        if self.kind == "file":
            return self.detail
        return f"{self.kind} {self.detail}" if self.detail else self.kind


@dataclass(frozen=True)
class ReleaseChoice:
    """An entry of ``releases``: a release name or a range, perhaps with its base pinned.

    Attributes:
        pattern: as written: ``v3.3.2`` or ``>=3.1,<3.5``.
        base: ``sha256:<hex>`` that the base must have, or None. Only names carry one.
        origin: where the entry stands, for messages.
    """

    pattern: str
    base: str | None = None
    origin: SettingOrigin = field(default=SettingOrigin("default"), compare=False)

    @property
    def is_range(self) -> bool:
        """True for a range of versions, False for the name of one release."""
        return self.pattern[:1] in ("<", ">", "=", "!")


class HostSettings(NamedTuple):
    """How to talk to one registry host."""

    ca_file: Path | None = None
    insecure: bool = False


def row(
    kind: str,
    flag: str,
    help: str,  # noqa: A002 - as Click calls it
    *,
    default: object = None,
    shown: str = "",
    key: str = "",
    in_file: bool = True,
) -> Any:  # as `dataclasses.field`: of the type of the field it stands for
    """A setting.

    Args:
        kind: how its text is read and shown: a name in ``config/kinds.py``.
        flag: the command line's spelling, "" when there is none.
        help: one line.
        default: its value where nobody gives one.
        shown: the default in words, where the value does not say it.
        key: its name in ksimage.yaml, where that is not the field's.
        in_file: False for what has no place in ksimage.yaml.
    """
    metadata = {"kind": kind, "flag": flag, "help": help, "key": key, "in_file": in_file}
    if isinstance(default, Mapping):
        return field(default_factory=lambda: default, metadata={**metadata, "shown": shown})
    if not shown and default not in (None, ()):
        shown = str(default).lower() if isinstance(default, bool) else str(default)
    return field(default=default, metadata={**metadata, "shown": shown}, repr=kind != "secret")


@dataclass(frozen=True)
class PatchSettings:
    """Which patches are applied, and from where."""

    include: tuple[str, ...] = row(
        "patch-list",
        "--with",
        "optional patches of the series to apply too",
        default=(),
        key="with",
    )
    exclude: tuple[str, ...] = row(
        "patch-list",
        "--without",
        "patches of the default series to leave out",
        default=(),
        key="without",
    )
    directory: Path | None = row(
        "path", "--patch-dir", "folder with a patch series of your own", key="dir"
    )
    mode: SeriesMode = row(
        "mode",
        "--patch-mode",
        "whether the own series follows the shipped one (append) or takes its place (replace)",
        default="append",
    )
    files: tuple[Path, ...] = row(
        "path-list", "--patch", "single patch files, applied last", default=()
    )


@dataclass(frozen=True)
class Settings:
    """Everything that ksimage.yaml, the environment and the flags say, merged.

    ``target`` and the credentials are None when nobody gave them, ``platforms`` and ``releases``
    empty. ``origins`` has one entry per setting (and per label and registry host), by its key.
    """

    source: str = row(
        "source",
        "--from",
        "where the base images are: a registry's project or repository, docker-daemon:, oci:DIR, "
        "oci-archive:FILE, docker-archive:FILE or kubekey:PATH",
        default=DEFAULT_SOURCE,
    )
    target: str | None = row(
        "target",
        "--target",
        "registry project or repository that --push sends to",
        shown="the source, when it is a registry that was named",
    )
    releases: tuple[ReleaseChoice, ...] = row(
        "release-list",
        "",
        "releases that build --all, check and matrix work on: names and ranges",
        default=(),
    )
    platforms: tuple[str, ...] = row(
        "platform-list",
        "--platform",
        "platforms to patch, such as linux/amd64; arm64, linux/arm64 and linux/arm64/v8 are one",
        default=(),
        shown="all that the base has",
    )
    patches: PatchSettings = PatchSettings()
    verbosity: int = row(
        "verbosity",
        "--verbose",
        "the image's default of KS_INSTALLER_VERBOSITY, 0 to 5, and 5 for the flag alone; from 1 "
        "on the installer's log holds tokens and the admin password",
        default=0,
    )
    tag: str = row(
        "tag_template",
        "--tag",
        "tag of the patched image; {release}, {verbosity} and {digest8} (of the base) are "
        "filled in",
        default="{release}-debug",
    )
    labels: Mapping[str, str] = row(
        "label-map", "--label", "labels to add to the image", default=MappingProxyType({})
    )
    engine: Engine = row(
        "engine", "--engine", "auto, docker (Docker Engine) or direct (no daemon)", default="auto"
    )
    jobs: int = row("jobs", "--jobs", "images or blobs worked on at once, 1 to 32", default=4)
    registries: Mapping[str, HostSettings] = row(
        "registry-map",
        "",
        "options by registry host: ca_file, insecure",
        default=MappingProxyType({}),
    )
    ca_file: Path | None = row(
        "path",
        "--ca-file",
        "CA certificates (PEM) trusted for every registry of this run",
        in_file=False,
    )
    insecure: bool = row(
        "boolean",
        "--insecure",
        "accept any certificate, and plain HTTP, from every registry of this run",
        default=False,
        in_file=False,
    )
    username: str | None = row(
        "credential",
        "--username",
        "account at the registry; without it the credentials of docker login are used",
        in_file=False,
    )
    password: str | None = row(
        "secret",
        "--password-stdin",
        "its password or token; by pipe or by variable, never an argument or in a file",
        in_file=False,
    )
    file: Path | None = None
    origins: Mapping[str, SettingOrigin] = field(
        default_factory=lambda: MappingProxyType({}), compare=False, repr=False
    )

    def registry(self, host: str) -> HostSettings:
        """Options for ``host[:port]``: this run's own flags over the host's entry in the file."""
        entry = self.registries.get(host.lower(), HostSettings())
        return HostSettings(
            ca_file=self.ca_file or entry.ca_file, insecure=self.insecure or entry.insecure
        )


class Setting(NamedTuple):
    """A row of the table, with the names that follow from it.

    Attributes:
        key: its dotted name in ksimage.yaml, in ``Settings.origins`` and in the flags that
            ``resolve`` takes.
        attribute: its dotted name in :class:`Settings`.
        default: the default as it is documented.
        kind, flag, help, in_file: as for :func:`row`.
    """

    key: str
    attribute: str
    kind: str
    flag: str
    default: str
    help: str
    in_file: bool

    @property
    def variable(self) -> str:
        """The environment variable: ``patches.dir`` -> ``KSIMAGE_PATCHES_DIR``."""
        return "KSIMAGE_" + self.key.upper().replace(".", "_")

    @property
    def is_map(self) -> bool:
        """Whether it holds entries by name, each with an origin of its own."""
        return self.kind.endswith("-map")

    def of(self, settings: Settings) -> object:
        """Its value in ``settings``."""
        return operator.attrgetter(self.attribute)(settings)


def _rows(record: type, group: str = "") -> tuple[Setting, ...]:
    found: list[Setting] = []
    for each in fields(record):
        if is_dataclass(each.default):
            found += _rows(type(each.default), f"{each.name}.")
        elif each.metadata:
            more = dict(each.metadata)
            key, shown = more.pop("key") or each.name, more.pop("shown") or "none"
            found.append(Setting(group + key, group + each.name, default=shown, **more))
    return tuple(found)


SETTINGS: Final = _rows(Settings)
BY_KEY: Final = {setting.key: setting for setting in SETTINGS}
"""The same table by key."""
