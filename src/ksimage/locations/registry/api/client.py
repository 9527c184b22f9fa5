"""The distribution API (OCI distribution-spec 1.1) for one repository."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from ksimage.errors import BlobMissing, DigestMismatch, ImageNotFound, MalformedImage
from ksimage.images.digest import DIGEST, sha256
from ksimage.images.manifest import MAX_MANIFEST, Descriptor, parse
from ksimage.images.mediatypes import ACCEPT, DOCKER_SCHEMA1, INDEX_TYPES, MANIFEST_TYPES
from ksimage.images.reference import TAG
from ksimage.locations.files.verification import require_manifest
from ksimage.locations.registry.answers import Intent, explain
from ksimage.locations.registry.http.retry import Transient
from ksimage.objects import items, json_object

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

    from ksimage.locations.registry.api.channel import Channel
    from ksimage.locations.registry.http.wire import Answer

_ACCEPT = ", ".join(ACCEPT)
_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(?:(\d{1,19})|\*)")


class RegistryClient:
    """Manifests and blobs of one repository. Thread-safe."""

    def __init__(self, channel: Channel, repository: str) -> None:
        self.channel = channel
        self.repository = repository
        self.host = channel.wire.host.name

    def intent(
        self,
        what: str = "",
        *,
        push: bool = False,
        mount_from: str = "",
        destination: bool = False,
    ) -> Intent:
        """What a request for this repository is for."""
        return Intent(self.host, self.repository, push, what, mount_from, destination)

    def path(self, rest: str) -> str:
        """``/v2/<repository>/<rest>``."""
        return f"/v2/{self.repository}/{rest}"

    def tags(self) -> list[str]:
        """The repository's tags, as far as the registry tells them in one answer.

        Raises:
            RegistryError, AuthError, ImageNotFound.
        """
        answer = self.channel.request(
            "GET", self.path("tags/list?n=1000"), self.intent("tags/list"), accept=(200, 404)
        )
        if answer.status == 404:
            return []
        named = items(json_object(answer.body), "tags")
        return [tag for tag in named if isinstance(tag, str) and TAG.fullmatch(tag)]

    def head_manifest(
        self, what: str, *, push: bool = False, destination: bool = False
    ) -> Descriptor | None:
        """What a tag or digest points to, without its content; None when it does not exist.

        Registries that leave the digest out of the answer are asked for the content instead.
        ``push`` asks for the rights to push at once, which saves a token later; with
        ``destination`` errors speak of where an image is to go.
        """
        answer = self.channel.request(
            "HEAD",
            self.path(f"manifests/{what}"),
            self.intent(what, push=push, destination=destination),
            headers={"Accept": _ACCEPT},
            accept=(200, 404),
        )
        if answer.status == 404:
            return None
        digest = answer.headers.get("Docker-Content-Digest") or ""
        size = answer.headers.get("Content-Length") or ""
        known = answer.media_type in INDEX_TYPES or answer.media_type in MANIFEST_TYPES
        if known and DIGEST.fullmatch(digest) and size.isdecimal() and len(size) < 10:
            return Descriptor(answer.media_type, digest, int(size))
        try:
            return self.get_manifest(what)[0]
        except ImageNotFound:
            return None

    def get_manifest(self, what: str) -> tuple[Descriptor, bytes]:
        """A manifest or index by tag or digest, checked against every digest that is known.

        Raises:
            ImageNotFound, DigestMismatch, MalformedImage, UnsupportedImage, RegistryError,
            AuthError.
        """
        intent = self.intent(what)
        answer = self.channel.request(
            "GET",
            self.path(f"manifests/{what}"),
            intent,
            headers={"Accept": _ACCEPT},
            accept=(200, 404),
            limit=MAX_MANIFEST,
        )
        if answer.status == 404:
            raise self._not_found(answer, intent)
        if answer.cut:
            raise MalformedImage(intent.name, f"its manifest is larger than {MAX_MANIFEST} bytes")
        if answer.media_type == "text/html":
            raise self.channel.unusable(f"a request for {intent.name}", "it is a web page")
        data = answer.body
        digest = sha256(data)
        announced = answer.headers.get("Docker-Content-Digest") or ""
        if DIGEST.fullmatch(what) and what != digest:
            raise DigestMismatch(intent.name, what, digest)
        # a schema 1 manifest's digest leaves its signature out
        if announced and announced != digest and answer.media_type not in DOCKER_SCHEMA1:
            raise DigestMismatch(intent.name, announced[:200], digest)
        media_type = parse(intent.name, data, answer.media_type or None).media_type
        return Descriptor(media_type, digest, len(data)), data

    def manifest_bytes(self, descriptor: Descriptor) -> bytes:
        """A manifest by its descriptor. Raises as :meth:`get_manifest`."""
        name = self.intent(descriptor.digest).name
        require_manifest(name, descriptor)
        found, data = self.get_manifest(descriptor.digest)
        if found.size != descriptor.size:
            raise DigestMismatch(name, f"{descriptor.size} bytes", f"{found.size} bytes")
        return data

    def put_manifest(self, what: str, media_type: str, data: bytes) -> None:
        """Store a manifest under a tag or its digest. May be repeated without harm."""
        answer = self.channel.request(
            "PUT",
            self.path(f"manifests/{what}"),
            self.intent(what, push=True),
            headers={"Content-Type": media_type},
            body=data,
            accept=(200, 201, 202),
        )
        announced = answer.headers.get("Docker-Content-Digest")
        if announced and DIGEST.fullmatch(announced) and announced != sha256(data):
            raise DigestMismatch(self.intent(what).name, sha256(data), announced)

    def has_blob(self, descriptor: Descriptor, *, push: bool = False) -> bool:
        """True when the repository has the blob, with that size."""
        answer = self.channel.request(
            "HEAD",
            self.path(f"blobs/{descriptor.digest}"),
            self.intent(descriptor.digest, push=push),
            accept=(200, 404),
        )
        if answer.status == 404:
            return False
        size = answer.headers.get("Content-Length")
        return size is None or size == str(descriptor.size)

    @contextmanager
    def blob(self, descriptor: Descriptor, offset: int = 0) -> Iterator[Iterator[bytes]]:
        """Stream a blob from ``offset``; a cut connection goes on where it was cut.

        From offset 0 the digest is checked, and the last chunk is kept back until it holds.

        Raises:
            BlobMissing, DigestMismatch, RegistryError, AuthError: while iterating, too.
        """
        with closing(self._chunks(descriptor, offset)) as chunks:
            yield chunks

    def _chunks(self, descriptor: Descriptor, position: int) -> Generator[bytes, None, None]:
        name = self.intent(descriptor.digest).name
        hasher = hashlib.sha256() if position == 0 else None
        attempts = self.channel.wire.attempts(f"a download of {descriptor.digest[:19]}…")
        intent = self.intent(descriptor.digest)
        url = self.path(f"blobs/{descriptor.digest}")
        if descriptor.size == 0:
            _check(name, descriptor, hasher)
        while position < descriptor.size:
            headers = {"Range": f"bytes={position}-"} if position else {}
            try:
                with self.channel.exchange("GET", url, intent, headers=headers) as response:
                    for chunk in self._from(response, descriptor, position, intent):
                        position += len(chunk)
                        attempts.progress(len(chunk))
                        if hasher is not None:
                            hasher.update(chunk)
                        if position == descriptor.size:
                            _check(name, descriptor, hasher)
                        yield chunk
                if position < descriptor.size:
                    raise Transient("the answer was cut short")
            except Transient as fault:
                attempts.again(fault)

    def _from(
        self, response: BaseHTTPResponse, descriptor: Descriptor, position: int, intent: Intent
    ) -> Iterator[bytes]:
        """The bytes of an answer from ``position`` on, never more than the blob has."""
        skip = 0
        if response.status == 206:
            if _range_start(response) != position:
                raise self.channel.unusable("a request for a part of a blob", "it is another part")
        elif response.status == 200:
            skip = position  # the server does not know Range: read over what is here already
            length = response.headers.get("Content-Length")
            if length is not None and length != str(descriptor.size):
                raise DigestMismatch(
                    intent.name, f"{descriptor.size} bytes", f"{printable_size(length)} bytes"
                )
        elif response.status == 404:
            raise BlobMissing(f"{self.host}/{self.repository}", descriptor.digest)
        else:
            self.channel.settle(response, intent, ())
        left = descriptor.size - position
        for chunk in self.channel.wire.chunks(response):
            piece = chunk[skip:]
            skip -= min(skip, len(chunk))
            if len(piece) > left:
                raise DigestMismatch(intent.name, f"{descriptor.size} bytes", "more than that")
            left -= len(piece)
            if piece:
                yield piece
            if not left:
                return

    def _not_found(self, answer: Answer, intent: Intent) -> Exception:
        if answer.media_type == "text/html":  # registries say why in JSON, or nothing
            return self.channel.unusable(
                f"a request for {intent.name}", "it is the page of a web server"
            )
        fault = explain(answer, intent)
        # skopeo tries plain HTTP only when told to, on this machine as well
        plain = "--tls-verify=false " * self.channel.wire.host.may_be_plain
        return ImageNotFound(
            intent.name,
            why=fault.why if "it gave no reason" not in fault.why else "",
            advice=[
                f"what is there: skopeo list-tags {plain}docker://{self.host}/{self.repository}"
            ],
        )


def _check(name: str, descriptor: Descriptor, hasher: hashlib._Hash | None) -> None:
    if hasher is not None:
        actual = f"sha256:{hasher.hexdigest()}"
        if actual != descriptor.digest:
            raise DigestMismatch(name, descriptor.digest, actual)


def _range_start(response: BaseHTTPResponse) -> int | None:
    match = _RANGE.fullmatch(response.headers.get("Content-Range") or "")
    return int(match[1]) if match else None


def printable_size(text: str) -> str:
    """A Content-Length fit for a message."""
    return text if text.isdecimal() and len(text) < 20 else "an unknown number of"
