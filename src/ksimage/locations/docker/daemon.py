"""``docker-daemon:NAME[:TAG]``: images of a Docker Engine.

The engine hands images out as Docker archives only, so a source spools one into a temporary file
without a name (it is gone with the process, however that ends), and a target sends one. What only
needs the config or a single file is asked for directly.
"""

from __future__ import annotations

import tempfile
import threading
import time
from collections.abc import Container, Iterator
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from ksimage.errors import EngineRefused, ImageNotFound, KsimageError
from ksimage.images import tar
from ksimage.images.manifest import Descriptor, Manifest, parse
from ksimage.images.mediatypes import DOCKER_CONFIG
from ksimage.locations.docker import engine
from ksimage.locations.docker.archive import DockerArchiveSource
from ksimage.locations.docker.listing import closing_files
from ksimage.locations.files import staging
from ksimage.locations.files.verification import require_small
from ksimage.locations.oci.blobtar import BlobTar
from ksimage.locations.protocol import CHUNK, Source
from ksimage.objects import items, mapping, number

if TYPE_CHECKING:
    from ksimage.images.documents import JsonObject
    from ksimage.locations.docker.engine import EngineApi, EngineClient

MAX_FILE = 16 << 20
PROBE_LABEL = "io.ksimage.probe"
LAST_WORDS = 10.0  # seconds that an engine may take to name what it was sent before Ctrl-C


class DaemonSource:
    """An image of the engine.

    Args:
        ref: NAME:TAG, or "" when ``digest`` says it all.
        digest: the image ID, or a digest that it was pulled by.
        client: a connected ``docker.DockerClient``; by default one is made when needed.
    """

    def __init__(
        self, ref: str, *, digest: str | None = None, client: EngineClient | None = None
    ) -> None:
        self._ref = ref
        self._digest = digest
        self.name = f"docker-daemon:{ref}" + (f"@{digest}" if digest and ref else digest or "")
        self._client = client
        self._own_client = client is None
        self._inspected: JsonObject | None = None
        self._archive: DockerArchiveSource | None = None
        self._guard = threading.RLock()

    def inspect(self) -> JsonObject:
        """What the engine knows about the image (its API's ``ImageInspect``).

        Raises:
            ImageNotFound, EngineUnreachable, EngineRefused.
        """
        with self._guard:
            if self._inspected is None:
                self._inspected = self._inspect()
            return self._inspected

    @property
    def image_id(self) -> str:
        """``sha256:…``, the config's digest (in a containerd store, the manifest's)."""
        return str(self.inspect()["Id"])

    def top(self) -> Descriptor:
        return self._spooled().top()

    def manifest(self, descriptor: Descriptor) -> bytes:
        return self._spooled().manifest(descriptor)

    def blob(
        self, descriptor: Descriptor, offset: int = 0
    ) -> AbstractContextManager[Iterator[bytes]]:
        return self._spooled().blob(descriptor, offset)

    def home(self, descriptor: Descriptor) -> Source:  # noqa: ARG002 (the protocol's)
        return self

    def close(self) -> None:
        with self._guard:
            if self._archive is not None:
                self._archive.close()
                self._archive = None
            if self._client is not None and self._own_client:
                self._client.close()
                self._client = None

    def read_file(self, path: str, limit: int = MAX_FILE) -> bytes | None:
        """A file's content, without saving the image and without starting anything.

        None when it is missing, or no regular file.

        A container is created, read from and removed. Links in the folders above are followed, as
        in a running container; the last one is not.

        Raises:
            MalformedImage: larger than ``limit`` bytes.
            ImageNotFound, EngineUnreachable, EngineRefused.
        """
        import docker.errors

        image_id = self.image_id
        api = self._api()
        # Never started; the command is only there because images may have none.
        options = {
            "command": ["ksimage"],
            "network_disabled": True,
            "labels": {PROBE_LABEL: "true"},
        }
        with (
            engine.translated(f"read {path} of {self._ref or image_id}"),
            engine.container(api, image_id, **options) as container,
        ):
            try:
                chunks, information = api.get_archive(container, path, chunk_size=CHUNK)
            except docker.errors.NotFound:
                return None
            size = number(information, "size")
            require_small(self.name, path, size, limit)
            return self._first(path, chunks, limit)

    def _first(self, path: str, chunks: Iterator[bytes], limit: int) -> bytes | None:
        """The first member of the tar stream is the file itself; of a folder, more follow."""
        content = None
        for member in tar.members(f"what the engine sent for {path}", chunks):
            content = member.read(limit) if member.kind is tar.Kind.FILE else None
            break
        return content

    def _api(self) -> EngineApi:
        if self._client is None:
            self._client = engine.connect("image")
        return self._client.api

    def _inspect(self) -> JsonObject:
        import docker.errors

        wanted = self._ref or self._digest or ""
        with engine.translated(f"inspect {wanted}"):
            try:
                found: JsonObject = self._api().inspect_image(wanted)
            except docker.errors.ImageNotFound as error:
                raise ImageNotFound(
                    self.name, why="the Docker Engine does not have it", advice=["docker images"]
                ) from error
        digests = [str(text).rpartition("@")[2] for text in items(found, "RepoDigests")]
        if self._digest and self._digest not in (found["Id"], *digests):
            raise ImageNotFound(self.name, why=f"{self._ref} is {found['Id']} now")
        return found

    def _spooled(self) -> DockerArchiveSource:
        with self._guard:
            if self._archive is None:
                self._archive = DockerArchiveSource(self._spool(), name=self.name)
            return self._archive

    def _spool(self) -> BinaryIO:
        information = self.inspect()
        with engine.translated(f"save {self._ref or self._digest}"):
            # By ID: the name may move between two questions.
            chunks = self._api().get_image(str(information["Id"]), chunk_size=CHUNK)
            return staging.spooled(chunks, number(information, "Size"))


class DaemonTarget(BlobTar):
    """A destination in the engine: an archive in a temporary file, sent as ``docker load`` does.

    The engine names the image last, after it took all layers in.
    """

    def __init__(self, ref: str, *, client: EngineClient | None = None) -> None:
        self.ref = ref
        self._client = client
        self._own_client = client is None
        # The file name is only a place to stage beside; nothing is ever renamed to it.
        place = Path(tempfile.gettempdir()) / "ksimage-load.tar"
        super().__init__(f"docker-daemon:{ref}", place, (), self._connected)

    def platform(self) -> str | None:
        """The engine's own."""
        return engine.platform_of(self._connected())

    def held(self) -> Descriptor | None:
        """The image ID as a descriptor of a config, which is all that the engine can tell."""
        source = DaemonSource(self.ref, client=self._connected())
        try:
            information = source.inspect()
        except ImageNotFound:
            return None
        return Descriptor(DOCKER_CONFIG, str(information["Id"]), 0)

    def tag(self, descriptor: Descriptor, data: bytes) -> None:
        self.put_manifest(descriptor, data)
        manifest = parse(self.name, data, descriptor.media_type)
        expected = {descriptor.digest}
        if isinstance(manifest, Manifest):
            expected.add(manifest.config.digest)
        archive = self.finish(closing_files(self, self.ref, descriptor, data))
        try:
            self._load(archive)
        except KeyboardInterrupt:
            if not archive.read(1):
                with suppress(KsimageError):  # an engine that is gone names nothing
                    self._await_name(expected)
            raise
        held = self.held()
        if held is None or held.digest not in expected:
            found = held.digest if held else "nothing"
            raise EngineRefused(
                f"load {self.ref} as it is", f"it holds {found}, not {', '.join(sorted(expected))}"
            )

    def _load(self, archive: BinaryIO) -> None:
        client = self._connected()
        with engine.translated(f"load {self.ref}"):
            for event in client.api.load_image(archive):
                fault = mapping(event, "errorDetail")
                text = fault.get("message") or event.get("error") or event.get("message")
                if text:
                    raise EngineRefused(f"load {self.ref}", str(text))

    def _await_name(self, expected: Container[str]) -> None:
        """Wait for the name: an engine that has the whole archive gives it, whoever listens.

        So whoever tidies up after Ctrl-C finds it.
        """
        deadline = time.monotonic() + LAST_WORDS
        while time.monotonic() < deadline:
            held = self.held()
            if held is not None and held.digest in expected:
                return
            time.sleep(0.05)

    def close(self) -> None:
        super().close()
        if self._client is not None and self._own_client:
            self._client.close()
            self._client = None

    def _connected(self) -> EngineClient:
        if self._client is None:
            self._client = engine.connect("result")
        return self._client
