"""What is used of the docker SDK's client; the SDK has no types of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from ksimage.images.documents import JsonObject


class Containers(Protocol):
    """Making and removing containers."""

    # object: the options of a container, and of a build, are many, and the SDK's to check
    def create_container(self, image: str, *, name: str, **options: object) -> object: ...
    def remove_container(self, name: str, /, *, force: bool, v: bool) -> None: ...


class EngineApi(Containers, Protocol):
    """``docker.APIClient``."""

    timeout: float

    def images(self) -> list[JsonObject]: ...
    def inspect_image(self, image: str) -> JsonObject: ...
    def get_image(self, image: str, *, chunk_size: int) -> Iterator[bytes]: ...
    def load_image(self, data: BinaryIO) -> Iterator[JsonObject]: ...
    def tag(self, image: str, repository: str, tag: str, *, force: bool) -> bool: ...
    def remove_image(self, image: str, *, noprune: bool = False) -> None: ...
    def push(
        self,
        repository: str,
        *,
        tag: str,
        stream: bool,
        decode: bool,
        auth_config: Mapping[str, str],
    ) -> Iterator[JsonObject]: ...
    def build(self, **options: object) -> Iterator[JsonObject]: ...
    def get_archive(
        self, container: str, path: str, *, chunk_size: int
    ) -> tuple[Iterator[bytes], JsonObject]: ...
    def start(self, container: str) -> None: ...
    def wait(self, container: str, *, timeout: float) -> JsonObject: ...
    def logs(
        self, container: str, *, stdout: bool, stderr: bool, tail: int | str = "all"
    ) -> bytes: ...


class EngineClient(Protocol):
    """``docker.DockerClient``."""

    @property
    def api(self) -> EngineApi: ...
    def version(self) -> JsonObject: ...
    def close(self) -> None: ...
