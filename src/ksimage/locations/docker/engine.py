"""The connection to a Docker Engine, and the types that the docker SDK's client does not have.

Which engine follows the docker client: ``DOCKER_HOST``, then the context that ``DOCKER_CONTEXT`` or
``currentContext`` of ``config.json`` names, then ``/var/run/docker.sock``.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from ksimage.errors import EngineRefused, EngineUnreachable
from ksimage.objects import json_object, text

if TYPE_CHECKING:
    from ksimage.errors.engine import Wanted
    from ksimage.images.documents import JsonObject

DEFAULT_HOST = "unix:///var/run/docker.sock"
PROBE_SECONDS = 3.0
REMOVAL_SECONDS = 5.0
"""How long an interrupted run looks for the container that it may have left."""
TIMEOUT_SECONDS = 600
"""For one answer: engines before 25 write a whole image to disk before they send its first byte."""


def host() -> str:
    """Where the engine is expected, such as ``unix:///var/run/docker.sock``."""
    given = os.environ.get("DOCKER_HOST")
    if given:
        return given
    name = _context_name()
    return (_context_host(name) if name else "") or DEFAULT_HOST


def reachable(timeout: float = PROBE_SECONDS) -> tuple[bool, str]:
    """Whether an engine answers, and what to tell the user about it.

    Never raises. A local socket is asked without loading the SDK.
    """
    where = host()
    try:
        if where.startswith("unix://"):
            _ping(where.removeprefix("unix://"), timeout)
        else:
            _client(where, timeout).close()
    except OSError as error:
        return False, f"no Docker Engine at {where} ({_reason(error)})"
    except EngineUnreachable as error:
        return False, f"no Docker Engine at {where} ({error.why})"
    return True, f"Docker Engine at {where}"


def connect(wanted: Wanted, timeout: float = PROBE_SECONDS) -> EngineClient:
    """A ``docker.DockerClient`` for the engine, which answered within ``timeout`` seconds.

    ``wanted`` says what for, so that the error can say what to do without an engine.

    Raises:
        EngineUnreachable.
    """
    where = host()
    if where.startswith("unix://"):
        try:
            _ping(where.removeprefix("unix://"), timeout)
        except OSError as error:
            raise EngineUnreachable(where, _reason(error), wanted) from error
    client = _client(where, timeout, wanted)
    client.api.timeout = TIMEOUT_SECONDS
    return client


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Turn the SDK's errors into ours: the engine would not ``what``.

    Raises:
        EngineRefused, EngineUnreachable.
    """
    import docker.errors
    import requests.exceptions
    import urllib3.exceptions

    try:
        yield
    except docker.errors.APIError as error:
        raise EngineRefused(what, str(error.explanation or error)) from error
    except docker.errors.DockerException as error:
        raise EngineRefused(what, str(error)) from error
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError) as error:
        raise EngineUnreachable(host(), f"the connection broke: {error}") from error


@contextmanager
def container(api: Containers, image: str, **options: object) -> Iterator[str]:
    """A container that is gone afterwards, whatever happens; its name. It is not started.

    The name is ours, so that it can be removed when the engine's answer was never read: an engine
    goes on creating what an interrupted client has asked for.

    Args:
        api: of a connected ``docker.DockerClient``.
        image: name or ID.
        options: for the SDK's ``create_container``.
    """
    import docker.errors

    name = f"ksimage-{secrets.token_hex(8)}"
    created = False
    try:
        api.create_container(image, name=name, **options)
        created = True
        yield name
    except BaseException as error:
        # Refused: there is none. Anything else, above all Ctrl-C: it may be about to appear.
        pending = not created and not isinstance(error, docker.errors.APIError)
        deadline = time.monotonic() + (REMOVAL_SECONDS if pending else 0)
        with suppress(Exception):  # what went wrong is worth more than this
            while not _remove(api, name) and time.monotonic() < deadline:
                time.sleep(0.05)
        raise
    _remove(api, name)


def _remove(api: Containers, name: str) -> bool:
    """Whether there was such a container to remove."""
    import docker.errors

    try:
        api.remove_container(name, force=True, v=True)
    except docker.errors.NotFound:
        return False
    return True


def platform_of(client: EngineClient) -> str:
    """What the engine runs, such as ``linux/amd64``. Raises EngineRefused, EngineUnreachable."""
    with translated("tell its version"):
        version = client.version()
    return f"{version['Os']}/{version['Arch']}"


def _client(where: str, timeout: float, wanted: Wanted = "") -> EngineClient:
    import docker
    import docker.errors
    import requests.exceptions

    try:
        options: dict[str, object] = {"base_url": where}
        if os.environ.get("DOCKER_HOST"):
            options = docker.utils.kwargs_from_env()
        elif name := _context_name():
            from docker.context import ContextAPI

            context = ContextAPI.get_context(name)
            if context is not None and context.TLSConfig:
                options["tls"] = context.TLSConfig
        client: EngineClient = docker.DockerClient(version="auto", timeout=timeout, **options)
        return client
    except (docker.errors.DockerException, requests.exceptions.RequestException) as error:
        raise EngineUnreachable(where, str(error), wanted) from error


def _ping(path: str, timeout: float) -> None:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(timeout)
        client.connect(path)
        client.sendall(b"GET /_ping HTTP/1.0\r\nHost: docker\r\n\r\n")
        answer = client.recv(64)
    if not answer.startswith(b"HTTP/1.") or b" 200" not in answer.partition(b"\r\n")[0]:
        raise ConnectionError(f"it does not answer like an engine: {answer[:40]!r}")


def _reason(error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such socket"
    if isinstance(error, TimeoutError):
        return "it does not answer"
    return (error.strerror or str(error)).lower()


def _config_folder() -> Path:
    folder = os.environ.get("DOCKER_CONFIG")
    return Path(folder) if folder else Path.home() / ".docker"


def _context_name() -> str:
    name = os.environ.get("DOCKER_CONTEXT")
    if not name:
        config = _json(_config_folder() / "config.json")
        name = str(config.get("currentContext") or "")
    return "" if name == "default" else name


def _context_host(name: str) -> str:
    identity = hashlib.sha256(name.encode()).hexdigest()
    meta = _json(_config_folder() / "contexts" / "meta" / identity / "meta.json")
    return text(meta, "Endpoints", "docker", "Host")


def _json(path: Path) -> JsonObject:
    """A small document, or nothing: contexts are a convenience, DOCKER_HOST is the explicit way."""
    try:
        return json_object(path.read_bytes()) or {}
    except OSError:
        return {}


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
