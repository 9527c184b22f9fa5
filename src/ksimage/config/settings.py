"""What is in force, typed and frozen, and where each value came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

Engine = Literal["auto", "docker", "direct"]
SeriesMode = Literal["append", "replace"]

DEFAULT_SOURCE = "docker.io/kubesphere"
DEFAULT_TAG = "{release}-debug"
DEFAULT_JOBS = 4


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


class Origin(NamedTuple):
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
    origin: Origin = field(default=Origin("default"), compare=False)

    @property
    def is_range(self) -> bool:
        """True for a range of versions, False for the name of one release."""
        return self.pattern[:1] in ("<", ">", "=", "!")


@dataclass(frozen=True)
class PatchSettings:
    """Which patches are applied, and from where."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    directory: Path | None = None
    mode: SeriesMode = "append"
    files: tuple[Path, ...] = ()


class HostSettings(NamedTuple):
    """How to talk to one registry host."""

    ca_file: Path | None = None
    insecure: bool = False


@dataclass(frozen=True)
class Settings:
    """Everything that ksimage.yaml, the environment and the flags say, merged.

    ``target`` and the credentials are None when nobody gave them, ``platforms`` and ``releases``
    empty. ``origins`` has one entry per setting (and per label and registry host), by its key.
    """

    source: str = DEFAULT_SOURCE
    target: str | None = None
    releases: tuple[ReleaseChoice, ...] = ()
    platforms: tuple[str, ...] = ()
    patches: PatchSettings = PatchSettings()
    verbosity: int = 0
    tag: str = DEFAULT_TAG
    labels: Mapping[str, str] = field(default_factory=_nothing)
    engine: Engine = "auto"
    jobs: int = DEFAULT_JOBS
    registries: Mapping[str, HostSettings] = field(default_factory=_nothing)
    ca_file: Path | None = None
    insecure: bool = False
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    file: Path | None = None
    origins: Mapping[str, Origin] = field(default_factory=_nothing, compare=False, repr=False)

    def registry(self, host: str) -> HostSettings:
        """Options for ``host[:port]``: this run's own flags over the host's entry in the file."""
        entry = self.registries.get(host.lower(), HostSettings())
        return HostSettings(
            ca_file=self.ca_file or entry.ca_file, insecure=self.insecure or entry.insecure
        )
