"""Uploads of one blob: mounted, or streamed and resumed where the registry confirms.

Blobs up to PIECE bytes go in one PUT. Larger ones go in pieces: each answer confirms an offset, so
that a fault costs one piece at most where the registry keeps its session (distribution forgets it
when a request is cut in the middle, and the upload then starts again).
"""

from __future__ import annotations

import logging
import re
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from ksimage.errors import AuthError, DigestMismatch, KsimageError, RegistryError
from ksimage.locations.protocol import CHUNK, Source
from ksimage.locations.registry.answers import explain, refusal
from ksimage.locations.registry.http.hosts import upload_place
from ksimage.locations.registry.http.retry import Transient

if TYPE_CHECKING:
    from ksimage.images.manifest import Descriptor
    from ksimage.locations.registry.api.client import RegistryClient
    from ksimage.locations.registry.http.wire import Answer

PIECE = 64 << 20

_RANGE = re.compile(r"(?:bytes=)?0-(\d{1,19})")
_DATA = "application/octet-stream"
_NO_PIECES = (400, 405, 416)
"""What registries say that take a blob in one PUT only."""

log = logging.getLogger(__name__)


class SourceFailed(Exception):
    """The reading side failed: carries its error past urllib3, which must not retry it."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(str(error))
        self.error = error


@dataclass
class Upload:
    """One blob's way into one repository.

    Attributes:
        sent: bytes that went over so far, those that were lost included.
    """

    client: RegistryClient
    descriptor: Descriptor
    source: Source
    sent: int = 0
    _location: str | None = None
    _offset: int = 0
    _fresh: bool = field(default=True)

    def mount(self, repository: str) -> str | None:
        """Try to link the blob from another repository of the same registry.

        None when it is linked; else the registry's words, or "" when it gave none. The session that
        it may have opened for the bytes is kept. A login that may not read the other repository is
        no error here, and neither is a registry that knows no mounts.
        """
        query = urlencode({"mount": self.descriptor.digest, "from": repository})
        intent = self.client.intent(self.descriptor.digest, push=True, mount_from=repository)
        try:
            answer = self.client.channel.request(
                "POST", self._start_path(query), intent, accept=(201, 202, 404, 405)
            )
        except AuthError as error:
            return error.why
        if answer.status == 201:
            return None
        if answer.status == 202:
            self._opened(answer)
            return ""
        return refusal(answer).words or f"HTTP {answer.status}"

    def send(self) -> None:
        """Stream the blob and have the registry check its digest.

        Raises:
            RegistryError, AuthError, DigestMismatch, and whatever the source raises.
        """
        try:
            self._send()
        except SourceFailed as fault:
            self.cancel()
            raise fault.error from None
        except KsimageError:
            self.cancel()
            raise

    def _send(self) -> None:
        attempts = self.client.channel.wire.attempts(
            f"the upload of {self.descriptor.digest[:19]}…"
        )
        while True:
            before = self._offset
            try:
                if self._location is None:
                    self._open()
                elif not self._fresh:
                    self._recover()
                self._fresh = False
                self._stream()
                return
            except Transient as fault:
                attempts.progress(max(0, self._offset - before))
                attempts.again(fault)
            if self._committed():
                return

    def _stream(self) -> None:
        size = self.descriptor.size
        while size - self._offset > PIECE and not self.client.channel.whole:
            end = self._offset + PIECE
            answer = self._transfer("PATCH", self._location or "", self._offset, end)
            if answer.status in _NO_PIECES and not self._offset:
                log.info("%s takes no pieces: sending blobs as a whole", self.client.host)
                self.client.channel.whole = True
                self.cancel()
                self._open()
                break
            if answer.status not in (201, 202, 204):
                raise self._refused(answer)
            if answer.headers.get("Location"):
                self._opened(answer)
            confirmed = _confirmed(answer)
            if confirmed is not None and confirmed != end:
                raise Transient(f"the registry kept {confirmed} of {end} bytes")
            self._offset = end
        url = _with_digest(self._location or "", self.descriptor.digest)
        answer = self._transfer("PUT", url, self._offset, size)
        if answer.status == 400 and refusal(answer).code == "DIGEST_INVALID":
            name = self.client.intent(self.descriptor.digest).name
            raise DigestMismatch(name, self.descriptor.digest, "other bytes, says the registry")
        if answer.status not in (201, 202, 204):
            raise self._refused(answer)

    def _transfer(self, method: str, url: str, start: int, end: int) -> Answer:
        headers = {"Content-Type": _DATA, "Content-Length": str(end - start)}
        if method == "PATCH" or start:
            headers["Content-Range"] = f"{start}-{end - 1}"
        if start == end:
            headers.pop("Content-Range", None)
        channel = self.client.channel
        intent = self.client.intent(self.descriptor.digest, push=True)
        with (
            closing(self._body(start, end)) as body,
            channel.exchange(method, url, intent, headers=headers, body=lambda: body) as response,
        ):
            return channel.settle(response, intent, (200, 201, 202, 204, 400, 404, 405, 416))

    def _body(self, start: int, end: int) -> Generator[bytes, None, None]:
        left = end - start
        if not left:
            return
        try:
            with self.source.blob(self.descriptor, start) as chunks:
                for chunk in chunks:
                    piece = chunk[:left]
                    for position in range(0, len(piece), CHUNK):
                        part = piece[position : position + CHUNK]
                        self.sent += len(part)
                        left -= len(part)
                        yield part
                    if not left:
                        return
        except Exception as error:
            raise SourceFailed(error) from error
        raise SourceFailed(
            DigestMismatch(self.source.name, f"{self.descriptor.size} bytes", "fewer than that")
        )

    def _start_path(self, query: str = "") -> str:
        return self.client.path("blobs/uploads/") + (f"?{query}" if query else "")

    def _open(self) -> None:
        intent = self.client.intent(self.descriptor.digest, push=True)
        answer = self.client.channel.request("POST", self._start_path(), intent, accept=(202,))
        self._opened(answer)
        self._offset = 0
        self._fresh = True

    def _opened(self, answer: Answer) -> None:
        location = answer.headers.get("Location")
        if not location:
            raise self.client.channel.unusable("the start of an upload", "it has no Location")
        own = self.client.channel.wire.base + self._start_path()
        self._location = upload_place(location, answer.url, own, self.client.host)

    def _recover(self) -> None:
        """Ask how far the registry got; start again when it has forgotten the session."""
        intent = self.client.intent(self.descriptor.digest, push=True)
        channel = self.client.channel
        try:
            answer = channel.request(
                "GET", self._location or "", intent, accept=(200, 202, 204, 400, 404, 405, 416)
            )
        except RegistryError:
            answer = None
        if answer is not None and answer.status in (200, 202, 204):
            confirmed = _confirmed(answer) or 0
            if confirmed <= self.descriptor.size:
                if answer.headers.get("Location"):
                    self._opened(answer)
                self._offset = confirmed
                return
        self.cancel()
        self._open()

    def _committed(self) -> bool:
        """After a fault: did the blob arrive although the answer did not?"""
        return self._offset + PIECE >= self.descriptor.size and self.client.has_blob(
            self.descriptor, push=True
        )

    def cancel(self) -> None:
        """Tell the registry to forget the session, so that nothing half-made stays there."""
        if self._location is None:
            return
        location, self._location = self._location, None
        intent = self.client.intent(self.descriptor.digest, push=True)
        # whoever refuses an upload early, closes its connection a little after the answer: a second
        # attempt has another one. If that fails as well, the session times out by itself.
        for _ in range(2):
            try:
                with self.client.channel.exchange("DELETE", location, intent):
                    return
            except Transient:  # noqa: PERF203
                continue
            except KsimageError:
                return

    def _refused(self, answer: Answer) -> Exception:
        said = refusal(answer)
        # 404 and 416: the registry lost the session or counts otherwise; 400 of an unknown upload
        if answer.status in (404, 416) or said.code == "BLOB_UPLOAD_INVALID":
            return Transient(f"HTTP {answer.status}: {said.words or 'the upload is unknown'}")
        return explain(answer, self.client.intent(self.descriptor.digest, push=True))


def _confirmed(answer: Answer) -> int | None:
    """How many bytes the registry says it has; None when it does not say."""
    match = _RANGE.fullmatch(answer.headers.get("Range") or "")
    # "0-0" is how distribution says that it has nothing
    return int(match[1]) + 1 if match and match[1] != "0" else None


def _with_digest(location: str, digest: str) -> str:
    joint = "&" if urlsplit(location).query else "?"
    return f"{location}{joint}{urlencode({'digest': digest})}"
