"""Texts that name where an image is, in the syntax of skopeo and podman.

``[docker://]REGISTRY/REPOSITORY[:TAG]``, ``docker-daemon:NAME[:TAG]``, ``oci:DIR[:REF]``,
``oci-archive:FILE[:REF]`` and ``docker-archive:FILE[:NAME[:TAG]]``. Our own is
``kubekey:PATH[:REF]``: the folder that KubeKey unpacks, or its artifact. A trailing ``@sha256:…``
pins what must be found there: the digest of the manifest or index, and for the two Docker
transports, whose manifests are made up by the engine, also the image ID (the config's digest).

As in containers/image, a DIR or FILE ends at its first colon, so that REF may hold colons
(``kubesphereio:ks-installer:v3.3.2-amd64`` in the artifacts of KubeKey).
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from ksimage.errors import BadReference, FileWithoutTransport, UnknownTransport
from ksimage.images import reference
from ksimage.images.digest import DIGEST
from ksimage.text import similar

if TYPE_CHECKING:
    from ksimage.images.reference import Reference


class Transport(str, Enum):
    """The kinds of places; values are the prefixes without the colon."""

    REGISTRY = "docker"
    DAEMON = "docker-daemon"
    OCI = "oci"
    OCI_ARCHIVE = "oci-archive"
    DOCKER_ARCHIVE = "docker-archive"
    KUBEKEY = "kubekey"


_PREFIXES = tuple(kind.value for kind in Transport if kind is not Transport.REGISTRY)
_FOREIGN = ("containers-storage", "dir", "docker-podman", "ostree", "sif", "tarball")
_TRANSPORT = re.compile(r"([a-z][a-z-]*):(.*)", re.DOTALL)
_ARCHIVE = re.compile(r"\.(?:tar|tgz|tar\.(?:gz|xz|bz2|zst))$")
_PORT = re.compile(r"[0-9]{1,5}(/|$)")


@dataclass(frozen=True)
class Location:
    """Where one image is.

    Attributes:
        transport: kind of place.
        path: folder or file of a layout or archive, else "".
        ref: name inside: REF, NAME:TAG, or the engine's NAME:TAG; "" when not given.
        reference: the registry's reference, else None.
        digest: pinned digest, or None.
        named: somebody has said which image is meant, by tag, REF or digest; else a tag that is
            there was filled in.
    """

    transport: Transport
    path: str = ""
    ref: str = ""
    reference: Reference | None = None
    digest: str | None = None
    named: bool = field(default=True, compare=False)

    def __str__(self) -> str:
        if self.reference is not None:
            return str(self.reference)
        inner = ":".join(part for part in (self.path, self.ref) if part)
        if self.transport is Transport.DAEMON and not self.ref:
            return f"{self.transport.value}:{self.digest}"
        return f"{self.transport.value}:{inner}" + (f"@{self.digest}" if self.digest else "")

    def with_ref(self, ref: str) -> Location:
        """The same place, another name inside it. For everything but a registry."""
        return replace(self, ref=ref, digest=None, named=True)


def parse(text: str) -> Location:
    """Parse a location.

    Raises:
        BadReference: the text, or a part of it, is malformed.
        UnknownTransport: it begins with a transport that does not exist here.
        FileWithoutTransport: it can only be the name of a file.
    """
    if text.startswith("docker://"):
        return _registry(text.removeprefix("docker://"))
    match = _TRANSPORT.match(text)
    if match is None:
        refuse_file_name(text)
        return _registry(text)
    prefix, rest = match.groups()
    if prefix == Transport.DAEMON.value:
        return _daemon(text, rest)
    if prefix in _PREFIXES:
        return _file(text, Transport(prefix), rest)
    if not _PORT.match(rest) and not rest.startswith("//"):
        nearest = similar(prefix, _PREFIXES, 2, 0.8)
        if nearest or prefix in _FOREIGN:
            raise UnknownTransport(text, prefix, nearest)
    refuse_file_name(text)
    return _registry(text)


def refuse_file_name(text: str) -> None:
    """Refuse what can only be a file: ``a.tar`` is an image of Docker Hub, and never meant as one.

    The file system is not looked at.

    Raises:
        FileWithoutTransport
    """
    first, slash, _ = text.partition("/")
    host = bool(slash) and (":" in first or "." in first.strip(".") or first == "localhost")
    if text.startswith(("/", "./", "../", "~")) or (_ARCHIVE.search(text) and not host):
        raise FileWithoutTransport(text)


def refuse_file(text: str) -> None:
    """Refuse what is the name of a file that is here.

    Raises:
        FileWithoutTransport
    """
    with suppress(OSError, ValueError):  # too long, or a NUL byte: no name of a file
        if Path(text).is_file():
            raise FileWithoutTransport(text)


def _registry(text: str) -> Location:
    parsed = reference.parse(text)
    named = bool(parsed.tag or parsed.digest)
    return Location(Transport.REGISTRY, reference=parsed, digest=parsed.digest, named=named)


def _daemon(text: str, rest: str) -> Location:
    if DIGEST.fullmatch(rest):  # skopeo's docker-daemon:sha256:ID
        return Location(Transport.DAEMON, digest=rest)
    name, digest = _pin(text, rest)
    named = bool(digest) or ":" in name.rpartition("/")[2]
    return Location(Transport.DAEMON, ref=reference.docker_name(name), digest=digest, named=named)


def _file(text: str, transport: Transport, rest: str) -> Location:
    rest, digest = _pin(text, rest)
    path, _, ref = rest.partition(":")
    if not path:
        what = "folder" if transport is Transport.OCI else "file"
        raise BadReference(text, f"the {what} is missing")
    if "\0" in rest or "\n" in rest:
        raise BadReference(text, "it holds a control character")
    if ref and transport is Transport.DOCKER_ARCHIVE:
        ref = reference.docker_name(ref)
    named = bool(ref or digest)
    return Location(transport, path=path, ref=ref, digest=digest, named=named)


def _pin(text: str, rest: str) -> tuple[str, str | None]:
    head, at, digest = rest.rpartition("@")
    if not at or not digest.startswith("sha256:"):
        return rest, None  # an @ of a file name
    if not DIGEST.fullmatch(digest):
        raise BadReference(text, "a digest is sha256: and 64 hex digits")
    return head, digest


def require_writable(location: Location) -> None:
    """Refuse a destination whose digest was given. Raises BadReference."""
    if location.digest:
        raise BadReference(str(location), "a destination cannot be pinned to a digest")
