"""Shell completion: releases, patches, platforms, locations. Must be quick, silent when it fails.

Nothing is asked of a registry: that may take long, and wait for a login.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from ksimage.text import FILE_TRANSPORTS

if TYPE_CHECKING:
    import click

PLATFORMS = ("linux/amd64", "linux/arm64")
_FILES = tuple(f"{name}:" for name in FILE_TRANSPORTS)
_ENGINE = "docker-daemon:"
_IMAGE = "/ks-installer"


def release_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Releases, the newest first: those that the source holds, where that is at hand."""
    from ksimage.upstream import releases

    tags = [release.tag for release in reversed(releases.supported())]
    held = _held(str(ctx.params.get("set_source") or ""))
    present = [tag for tag in tags if any(name.endswith(tag) or f"{tag}-" in name for name in held)]
    return [tag for tag in present or tags if tag.startswith(incomplete)]


def patch_names(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Names of the shipped patches."""
    from ksimage import resources
    from ksimage.errors import KsimageError
    from ksimage.patching import series

    try:
        names = series.load(resources.path("patches")).names
    except KsimageError:
        return []
    return [name for name in names if name.startswith(incomplete)]


def platforms(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The platforms that KubeKey knows."""
    return [name for name in PLATFORMS if incomplete in name]


def locations(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """Transports; then files and folders, or the engine's images."""
    if incomplete.startswith(_FILES):
        transport, _, path = incomplete.partition(":")
        return [f"{transport}:{found}" for found in _paths(path)]
    if incomplete.startswith(_ENGINE):
        wanted = incomplete.removeprefix(_ENGINE)
        return [f"{_ENGINE}{name}" for name in _engine() if name.startswith(wanted)]
    known = [*_configured(), _ENGINE, *_FILES]
    return [text for text in dict.fromkeys(known) if text.startswith(incomplete)]


BY_KIND = {"patch-list": patch_names, "platform-list": platforms, "source": locations}
"""What completes the values of a kind of setting."""


def _held(source: str) -> list[str]:
    """Names in a layout, an archive or the engine; nothing for a registry, or where it fails."""
    from ksimage.errors import AmbiguousImage, KsimageError
    from ksimage.locations import access, spec

    if source.startswith(_ENGINE):
        return _engine()
    if not source.startswith(_FILES):
        return []
    try:
        with closing(access.open_source(spec.parse(source), options=None)) as opened:
            opened.top()
    except AmbiguousImage as error:
        return list(error.present)
    except (KsimageError, OSError):
        pass
    return []


def _engine() -> list[str]:
    from ksimage.errors import KsimageError
    from ksimage.locations.docker import engine, store

    try:
        found = store.names(engine.connect("image", timeout=1))
    except (KsimageError, OSError):
        return []
    return sorted(found, key=lambda name: (_IMAGE not in name, name))


def _configured() -> list[str]:
    """What ksimage.yaml and the variables name, as far as they can be read."""
    import os
    from pathlib import Path

    from ksimage.config.resolve import resolve
    from ksimage.errors import KsimageError

    try:
        settings = resolve({}, os.environ, None, Path.cwd())
    except KsimageError:
        return []
    return [text for text in (settings.source, settings.target) if text]


def _paths(begun: str) -> list[str]:
    from pathlib import Path

    folder, _, name = begun.rpartition("/")
    try:
        entries = sorted(Path(folder or ("/" if begun.startswith("/") else ".")).iterdir())
    except OSError:
        return []
    prefix = begun[: len(begun) - len(name)]
    return [
        f"{prefix}{entry.name}{'/' if entry.is_dir() else ''}"
        for entry in entries
        if entry.name.startswith(name) and not (entry.name.startswith(".") and not name)
    ]
