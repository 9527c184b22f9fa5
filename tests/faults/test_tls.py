"""Certificates, plain HTTP by name only, and proxies."""

from __future__ import annotations

import gc
import shutil
import socket
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ksimage.errors import (
    CertificateFileBroken,
    CertificateRefused,
    GaveUp,
    NotTls,
    RegistryRefused,
    RegistryUnreachable,
    TokenServiceRefused,
)
from ksimage.images.reference import parse
from ksimage.locations.registry.http import trust
from ksimage.locations.registry.source import RegistrySource
from tests.faults.scripted import ScriptedRegistry
from tests.support.blobs import MemorySource
from tests.support.registry import RunningRegistry, free_port, start_registry, stop_registry
from tests.support.tokens import make_certificate

Sources = Callable[..., RegistrySource]

MEMORY = MemorySource()
TOP = MEMORY.add_manifest(b"{}")
DATA = MEMORY.manifest(TOP)
LOGIN = {"username": "u", "password": "p"}


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """``harbor.test`` is this machine under a name that is not; no CA or proxy of the machine."""
    real = socket.getaddrinfo

    def resolve(host: Any, *arguments: Any, **more: Any) -> Any:
        return real("127.0.0.1" if str(host).endswith(".test") else host, *arguments, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(trust, "CERTS_D", (tmp_path / "docker", tmp_path / "containers"))
    monkeypatch.setattr(trust, "KUBEKEY_CAS", (tmp_path / "ssl.crt", tmp_path / "kubekey.pem"))
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def _exists(source: RegistrySource) -> bool:
    """True when the registry could be talked to."""
    return source.session.client("p/r").head_manifest("v1") is not None


def _port(script: ScriptedRegistry) -> str:
    return script.address.rpartition(":")[2]


# --- plain HTTP ---


def test_plain_http_on_this_machine(script: ScriptedRegistry, source: Sources) -> None:
    script.on("HEAD", "p/r/manifests/v1", 404, times=2)
    assert not _exists(source(f"localhost:{_port(script)}/p/r:v1"))
    assert not _exists(source(f"127.0.0.1:{_port(script)}/p/r:v1"))


def test_tls_to_a_plain_http_port_elsewhere(script: ScriptedRegistry, source: Sources) -> None:
    image = source(f"harbor.test:{_port(script)}/p/r:v1", **LOGIN)
    with pytest.raises((NotTls, GaveUp)):
        image.top()
    assert script.requests == [], "a request went over plain HTTP, unasked"


@pytest.mark.e2e
def test_tls_to_the_plain_real_registry_elsewhere(
    registry: RunningRegistry, source: Sources
) -> None:
    registry.requests()
    with pytest.raises(NotTls) as caught:
        source(f"harbor.test:{registry.port}/p/r:v1", **LOGIN).top()
    assert "--insecure" in caught.value.advice[0]
    assert registry.requests() == []


def test_plain_http_by_name(script: ScriptedRegistry, source: Sources) -> None:
    script.on("HEAD", "p/r/manifests/v1", 404)
    assert not _exists(source(f"harbor.test:{_port(script)}/p/r:v1", insecure=True))


@pytest.mark.e2e
def test_http_to_a_tls_port_is_explained(tls_registry: RunningRegistry, source: Sources) -> None:
    image = source(f"harbor.test:{tls_registry.port}/p/r:v1", insecure=True)
    image.session.channel.wire._scheme = "http"
    with pytest.raises(NotTls):
        image.top()


# --- certificates ---


@pytest.mark.e2e
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "harbor.test"])
def test_unknown_ca(host: str, tls_registry: RunningRegistry, source: Sources) -> None:
    tls_registry.requests()
    with pytest.raises(CertificateRefused) as caught:
        source(f"{host}:{tls_registry.port}/p/r:v1", **LOGIN).top()
    assert "--ca-file" in caught.value.advice[0]
    assert caught.value.exit_code == 8
    assert tls_registry.requests() == []


@pytest.mark.e2e
def test_ca_file(tls_registry: RunningRegistry, source: Sources) -> None:
    image = source(f"harbor.test:{tls_registry.port}/p/r:v1", ca_file=tls_registry.ca)
    assert not _exists(image)
    assert image.session.channel.wire.base.startswith("https://")


@pytest.mark.e2e
def test_certificate_of_another_name(tls_registry: RunningRegistry, source: Sources) -> None:
    with pytest.raises(CertificateRefused) as caught:
        source(f"other.test:{tls_registry.port}/p/r:v1", ca_file=tls_registry.ca).top()
    assert "other.test" in caught.value.message


@pytest.mark.e2e
def test_unverified_by_name(tls_registry: RunningRegistry, source: Sources) -> None:
    image = source(f"harbor.test:{tls_registry.port}/p/r:v1", insecure=True)
    assert not _exists(image)
    assert image.session.channel.wire.base.startswith("https://")


@pytest.mark.e2e
def test_unverified_holds_for_the_token_service_of_another_name(
    script: ScriptedRegistry, tls_registry: RunningRegistry, source: Sources
) -> None:
    """Harbor under its address: realm and redirects name the host of its configuration."""
    realm = f"https://other.test:{tls_registry.port}/v2/token"
    script.on("GET", "p/r/manifests/v1", 401, WWW_Authenticate=f'Bearer realm="{realm}"')
    with pytest.raises(TokenServiceRefused):  # a registry is none, but it was spoken to
        source(f"harbor.test:{_port(script)}/p/r:v1", insecure=True).top()


@pytest.mark.e2e
@pytest.mark.parametrize("place", ["docker", "containers", "ssl.crt", "kubekey.pem"])
def test_places_of_cas(
    place: str, tls_registry: RunningRegistry, source: Sources, tmp_path: Path
) -> None:
    host = f"harbor.test:{tls_registry.port}"
    path = tmp_path / place
    if "." not in place:
        path = path / host / "ca.crt"
        path.parent.mkdir(parents=True)
    assert tls_registry.ca
    shutil.copyfile(tls_registry.ca, path)
    path.chmod(0o644)
    assert not _exists(source(f"{host}/p/r:v1"))


@pytest.mark.e2e
def test_certificates_of_another_user_are_skipped_and_named(
    tls_registry: RunningRegistry, tmp_path: Path
) -> None:
    """A certs.d of mode 0700 blocks neither another host nor ``--ca-file``."""
    host = f"harbor.test:{tls_registry.port}"
    folder = tmp_path / "docker" / host
    folder.mkdir(parents=True)
    (folder / "ca.crt").write_text("nobody can read this")
    (folder / "ca.crt").chmod(0o600)
    forbidden = PermissionError(13, "Permission denied")
    with pytest.MonkeyPatch.context() as patch:
        real = Path.open

        def opened(self: Path, *arguments: Any, **more: Any) -> Any:
            if self.parent == folder:  # nothing is forbidden to root, who may run this
                raise forbidden
            return real(self, *arguments, **more)

        patch.setattr(Path, "open", opened)
        found = trust.find_trust(host, tls_registry.ca)
        assert found.cas == (tls_registry.ca,)
        assert found.skipped == (f"{folder / 'ca.crt'} is there, but not for this user to read",)
        assert trust.find_trust("other.test", None).skipped == ()


@pytest.mark.e2e
def test_kubekeys_ca_that_anybody_may_write_is_not_trusted(
    tls_registry: RunningRegistry, source: Sources, tmp_path: Path
) -> None:
    assert tls_registry.ca
    shutil.copyfile(tls_registry.ca, tmp_path / "kubekey.pem")
    (tmp_path / "kubekey.pem").chmod(0o666)
    with pytest.raises(CertificateRefused):
        source(f"harbor.test:{tls_registry.port}/p/r:v1").top()


@pytest.mark.e2e
def test_client_certificate(source: Sources, tmp_path: Path) -> None:
    client_ca, certificate, key = make_certificate(tmp_path / "client", "client")
    running = start_registry(tmp_path / "registry", tls=True, client_ca=client_ca)
    host = f"harbor.test:{running.port}"
    try:
        with pytest.raises(CertificateRefused) as caught:
            source(f"{host}/p/r:v1", ca_file=running.ca).top()
        assert "client certificate" in caught.value.advice[0]
        folder = tmp_path / "docker" / host
        folder.mkdir(parents=True)
        assert running.ca
        shutil.copyfile(running.ca, folder / "ca.crt")
        shutil.copyfile(certificate, folder / "client.cert")
        shutil.copyfile(key, folder / "client.key")
        assert not _exists(source(f"{host}/p/r:v1"))
    finally:
        stop_registry(running)


def test_missing_ca_file(source: Sources, tmp_path: Path) -> None:
    with pytest.raises(CertificateFileBroken) as caught:
        source("harbor.test/p/r:v1", ca_file=tmp_path / "no.crt").top()
    assert caught.value.exit_code == 3


def test_ca_file_that_is_none(source: Sources, tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("-----BEGIN NONSENSE-----\n")
    with pytest.raises(CertificateFileBroken):
        source("harbor.test/p/r:v1", ca_file=tmp_path / "ca.crt").top()


def test_half_of_a_client_pair(source: Sources, tmp_path: Path) -> None:
    folder = tmp_path / "docker/harbor.test"
    folder.mkdir(parents=True)
    (folder / "client.cert").write_text("x")
    with pytest.raises(CertificateFileBroken) as caught:
        source("harbor.test/p/r:v1").top()
    assert "client.key is missing" in caught.value.message


def test_kubekeys_cas_never_count_for_docker_io(tmp_path: Path) -> None:
    (tmp_path / "ssl.crt").write_text("x")
    (tmp_path / "ssl.crt").chmod(0o644)
    assert trust.find_trust("docker.io", None).cas == ()
    assert trust.find_trust("harbor.lan", None).cas == (tmp_path / "ssl.crt",)


# --- no connection ---


def test_refused_connection_fails_at_once(source: Sources) -> None:
    with pytest.raises(RegistryUnreachable) as caught:
        source(f"127.0.0.1:{free_port()}/p/r:v1").top()
    assert "refused" in caught.value.why


def test_unknown_name(source: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*arguments: Any, **more: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(RegistryUnreachable) as caught:
        source("harbr.lan/p/r:v1").top()
    assert "name is not known" in caught.value.why
    assert "getent hosts harbr.lan" in caught.value.advice[0]


# --- proxies ---


def test_proxy_from_the_environment(
    script: ScriptedRegistry, source: Sources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://me:s3cret@{script.address}")
    monkeypatch.setenv("https_proxy", f"http://me:s3cret@{script.address}")
    # the proxy knows no CONNECT; with a plain registry it is asked for the whole URL
    script.steps.clear()
    image = source("registry.nowhere:5000/p/r:v1", insecure=True)
    with pytest.raises(RegistryRefused) as caught:
        image.top()
    assert [r.path for r in script.unexpected] == ["/v2/p/r/manifests/v1"]
    assert script.unexpected[0].headers["Host"] == "registry.nowhere:5000"
    assert script.unexpected[0].headers["proxy-authorization"].startswith("Basic ")
    script.unexpected.clear()
    assert "s3cret" not in str(caught.value)
    del caught, image
    with warnings.catch_warnings():
        # http.client of Python 3.10 forgets the socket of a tunnel that a proxy refused
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def test_proxy_out_of_reach(source: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", f"http://me:s3cret@127.0.0.1:{free_port()}")
    with pytest.raises(RegistryUnreachable) as caught:
        source("registry.nowhere/p/r:v1").top()
    assert "through the proxy http://127.0.0.1" in caught.value.why
    assert "s3cret" not in caught.value.why
    assert parse("registry.nowhere/p/r:v1").registry in caught.value.message
