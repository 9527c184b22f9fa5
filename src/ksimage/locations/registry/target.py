"""An image's destination in a registry."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ksimage.errors import PolicyViolation, TagImmutable, TagMoved, TagNotShown
from ksimage.images.mediatypes import FOREIGN_LAYERS
from ksimage.locations.protocol import Outcome, Source, Transfer
from ksimage.locations.registry.api.upload import Upload
from ksimage.locations.registry.session import session_for
from ksimage.locations.registry.source import RegistrySource

if TYPE_CHECKING:
    from ksimage.images.manifest import Descriptor
    from ksimage.images.reference import Reference
    from ksimage.locations.options import RegistryOptions

log = logging.getLogger(__name__)

LATE = (0.5, 1.0, 2.0, 4.0)
"""Seconds between looks at a tag that does not show yet what the registry took."""


class RegistryTarget:
    """Implements :class:`ksimage.locations.protocol.Target`. Thread-safe."""

    max_jobs = None

    def __init__(self, reference: Reference, options: RegistryOptions | None = None) -> None:
        self.reference = reference
        self.name = str(reference)
        self.session = session_for(reference.registry, options)
        self._client = self.session.client(reference.repository)
        self._looked = False
        self._seen: Descriptor | None = None
        self._read_back: Descriptor | None = None

    def platform(self) -> str | None:
        return None

    def held(self) -> Descriptor | None:
        """What the tag points to now, or None.

        The first answer is remembered: :meth:`tag` refuses when the tag holds something else by
        then. Right after :meth:`tag` it is what that has read back.
        """
        if self._read_back is not None:
            read, self._read_back = self._read_back, None
            return read
        found = self._client.head_manifest(self.reference.target, destination=True)
        # a public project lets anybody read: a wrong password would show after hours, or never
        self.session.channel.auth.greet(self.reference.repository, asked=False)
        if not self._looked:
            self._looked, self._seen = True, found
        return found

    def put_blob(self, descriptor: Descriptor, source: Source) -> Transfer:
        """Make the repository have the blob: nothing, a mount, or a streamed upload.

        Foreign layers stay where their URLs say, as the image specification wants it.
        """
        if descriptor.media_type in FOREIGN_LAYERS and descriptor.urls:
            return Transfer(descriptor, Outcome.PRESENT)
        repository, digest = self.reference.repository, descriptor.digest
        with self.session.busy(repository, digest):
            home = source.home(descriptor)
            near = (
                isinstance(home, RegistrySource)
                and home.session.channel.wire.host == self.session.channel.wire.host
            )
            if (repository, digest) in self.session.known:
                return Transfer(descriptor, Outcome.PRESENT)
            outcome, sent = Outcome.PRESENT, 0
            if near and isinstance(home, RegistrySource):
                # a manifest's own repository has its blobs; the registry checks it once more
                if home.reference.repository != repository:
                    outcome, sent = self._mount(descriptor, source, home.reference.repository)
            elif not self._client.has_blob(descriptor, push=True):
                upload = Upload(self._client, descriptor, source)
                upload.send()
                outcome, sent = Outcome.SENT, upload.sent
            self.session.known.add((repository, digest))
            return Transfer(descriptor, outcome, sent)

    def put_manifest(self, descriptor: Descriptor, data: bytes) -> None:
        self._client.put_manifest(descriptor.digest, descriptor.media_type, data)

    def tag(self, descriptor: Descriptor, data: bytes) -> None:
        """Point the tag at the manifest, and look again whether it does.

        Registries ignore ``If-Match``, so a race is narrowed, not excluded: what the tag holds is
        compared right before the write with what :meth:`held` saw first, and right after it.

        Raises:
            TagMoved, TagImmutable, RegistryError, AuthError.
        """
        what = self.reference.target
        now = self._client.head_manifest(what, push=True) if self._looked else None
        if now is not None and now.digest == descriptor.digest:
            self._read_back = now
            return  # an immutable tag refuses even the same manifest
        if self._looked and _digest(now) != _digest(self._seen):
            raise TagMoved(self.name, _digest(self._seen), _digest(now))
        try:
            self._client.put_manifest(what, descriptor.media_type, data)
        except TagImmutable:
            # the answer to a first PUT may have been lost
            after = self._client.head_manifest(what, push=True)
            if after is None or after.digest != descriptor.digest:
                raise
        after = self._after(what, descriptor, now)
        if after.digest != descriptor.digest:
            raise TagMoved(self.name, descriptor.digest, after.digest)
        self._looked, self._seen, self._read_back = True, after, after

    def _after(self, what: str, written: Descriptor, before: Descriptor | None) -> Descriptor:
        """What the tag holds after the registry took a manifest for it.

        Some take a while to show it (Quay). A policy may hold it back until it is signed or scanned
        (Harbor); that the push was taken is then all that there is to know.
        """
        for pause in (*LATE, None):
            try:
                after = self._client.head_manifest(what, push=True)
            except PolicyViolation as error:
                log.warning(
                    "%s holds %s now; pulls of it are refused until it is signed or scanned: %s",
                    self.name,
                    written.digest,
                    error.why,
                )
                return written
            if after is not None and after.digest != _digest(before):
                return after
            if pause is not None:
                log.info("%s does not show what it has just taken; looking again", self.name)
                self.session.channel.wire.pause(pause)
        raise TagNotShown(self.name, written.digest, _digest(before), sum(LATE))

    def close(self) -> None:
        """Nothing to do: connections belong to the session, for the next image."""

    def _mount(self, descriptor: Descriptor, source: Source, near: str) -> tuple[Outcome, int]:
        # mounting answers in one request what HEAD and POST would answer in two
        upload = Upload(self._client, descriptor, source)
        route = (near, self.reference.repository)
        if route not in self.session.declined:
            refused = upload.mount(near)
            if refused is None:
                return Outcome.MOUNTED, 0
            if self._client.has_blob(descriptor, push=True):
                upload.cancel()
                return Outcome.PRESENT, 0
            self.session.declined.add(route)
            # a base's layers are large, and were to cost nothing
            log.warning(
                "%s does not link the layers of %s into %s%s: their bytes are sent",
                self.reference.registry,
                near,
                self.reference.repository,
                f" ({refused})" if refused else "",
            )
        elif self._client.has_blob(descriptor, push=True):
            return Outcome.PRESENT, 0
        upload.send()
        return Outcome.SENT, upload.sent


def _digest(descriptor: Descriptor | None) -> str:
    return descriptor.digest if descriptor else "nothing"
