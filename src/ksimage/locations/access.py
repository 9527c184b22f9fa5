"""Open what a location names: a Source to read it, a Target to write it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ksimage.locations.spec import Location, Transport, refuse_file, require_writable

if TYPE_CHECKING:
    from ksimage.locations.options import RegistryOptions
    from ksimage.locations.protocol import Source, Target


def open_source(
    location: Location, *, options: RegistryOptions | None = None, cached: bool = False
) -> Source:
    """The image at ``location``; nothing is read yet.

    Args:
        options: handed to the registry client as it is.
        cached: manifests and configs of a registry may come from the cache.

    Raises:
        FileWithoutTransport: there is a file of this name.
    """
    if location.reference is not None:
        refuse_file(location.reference.familiar.removesuffix(":latest"))
        from ksimage.locations.registry.source import RegistrySource

        return RegistrySource(location.reference, options, cached=cached)
    if location.transport is Transport.DAEMON:
        from ksimage.locations.docker.daemon import DaemonSource

        return DaemonSource(location.ref, digest=location.digest)
    if location.transport is Transport.OCI:
        from ksimage.locations.oci.layout import LayoutSource

        return LayoutSource(Path(location.path), location.ref, digest=location.digest)
    if location.transport is Transport.OCI_ARCHIVE:
        from ksimage.locations.oci.archive import OciArchiveSource

        return OciArchiveSource(Path(location.path), location.ref, digest=location.digest)
    if location.transport is Transport.KUBEKEY:
        from ksimage.locations.kubekey.source import KubekeySource

        return KubekeySource(Path(location.path), location.ref, digest=location.digest)
    from ksimage.locations.docker.archive import DockerArchiveSource

    return DockerArchiveSource(Path(location.path), location.ref, digest=location.digest)


def open_target(location: Location, *, options: RegistryOptions | None = None) -> Target:
    """The destination at ``location``; nothing is written yet.

    Raises:
        BadReference: a digest cannot be chosen by the one who writes.
    """
    require_writable(location)
    if location.reference is not None:
        from ksimage.locations.registry.target import RegistryTarget

        return RegistryTarget(location.reference, options)
    if location.transport is Transport.DAEMON:
        from ksimage.locations.docker.daemon import DaemonTarget

        return DaemonTarget(location.ref)
    if location.transport is Transport.OCI:
        from ksimage.locations.oci.folder import LayoutTarget

        return LayoutTarget(Path(location.path), location.ref)
    if location.transport is Transport.OCI_ARCHIVE:
        from ksimage.locations.oci.archive import OciArchiveTarget

        return OciArchiveTarget(Path(location.path), location.ref)
    if location.transport is Transport.KUBEKEY:
        return _kubekey_target(Path(location.path), location.ref)
    from ksimage.locations.docker.archive import DockerArchiveTarget

    return DockerArchiveTarget(Path(location.path), location.ref)


def _kubekey_target(path: Path, ref: str) -> Target:
    from ksimage.locations.kubekey.folder import KubekeyTarget
    from ksimage.locations.kubekey.target import KubekeyArtifactTarget

    return KubekeyTarget(path, ref) if path.is_dir() else KubekeyArtifactTarget(path, ref)


def names_in(location: Location) -> list[str]:
    """The names that a layout or archive holds; empty for a registry and for the engine.

    Raises:
        ImageNotFound, MalformedImage, CannotRead.
    """
    from ksimage.locations.protocol import Listing

    source = open_source(replace(location, ref="", digest=None)) if location.path else None
    if source is None:
        return []
    with closing(source):
        return source.names() if isinstance(source, Listing) else []
