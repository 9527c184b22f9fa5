"""Manifests, blobs and tags of one repository; every digest is checked."""

from __future__ import annotations

import hashlib

import pytest
from tests.faults.scripted import Reply, ScriptedRegistry

from ksimage.errors import (
    BlobMissing,
    DigestMismatch,
    ImageNotFound,
    MalformedImage,
    UnusableAnswer,
)
from ksimage.images.manifest import Descriptor
from ksimage.images.mediatypes import OCI_INDEX
from ksimage.locations.options import RegistryOptions
from ksimage.locations.registry.api.channel import Channel
from ksimage.locations.registry.api.client import RegistryClient

INDEX = b'{"schemaVersion": 2, "mediaType": "%s", "manifests": []}' % OCI_INDEX.encode()
DATA = bytes(range(256)) * 400


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


BLOB = Descriptor("application/octet-stream", digest(DATA), len(DATA))
PATH = f"p/r/blobs/{BLOB.digest}"


@pytest.fixture
def client(script: ScriptedRegistry, options: RegistryOptions) -> RegistryClient:
    return RegistryClient(Channel(script.address, options), "p/r")


def read(client: RegistryClient, blob: Descriptor = BLOB, offset: int = 0) -> bytes:
    with client.blob(blob, offset) as chunks:
        return b"".join(chunks)


@pytest.mark.parametrize(
    ("body", "tags"),
    [
        (b'{"tags": ["v1", 5, "no tag!", "v2"]}', ["v1", "v2"]),
        (b'{"tags": null}', []),
        (b"[]", []),
        (b"<html>", []),
    ],
)
def test_tags(
    client: RegistryClient, script: ScriptedRegistry, body: bytes, tags: list[str]
) -> None:
    script.on("GET", "p/r/tags/list", 200, body)
    assert client.tags() == tags


def test_a_head_that_tells_all_costs_one_request(
    client: RegistryClient, script: ScriptedRegistry
) -> None:
    script.on(
        "HEAD", "p/r/manifests/v1",
        Reply(200, INDEX, {"Content-Type": OCI_INDEX, "Docker-Content-Digest": digest(INDEX)}),
    )  # fmt: skip
    assert client.head_manifest("v1") == Descriptor(OCI_INDEX, digest(INDEX), len(INDEX))


def test_one_that_does_not_is_followed_by_a_get(
    client: RegistryClient, script: ScriptedRegistry
) -> None:
    script.on("HEAD", "p/r/manifests/v1", 200)
    script.on("GET", "p/r/manifests/v1", 200, INDEX, Content_Type=OCI_INDEX)
    found = client.head_manifest("v1")
    assert found is not None and found.digest == digest(INDEX)
    script.on("HEAD", "p/r/manifests/v2", 404)
    assert client.head_manifest("v2") is None


def test_a_manifest_that_is_another_than_was_asked_for(
    client: RegistryClient, script: ScriptedRegistry
) -> None:
    other = "sha256:" + "0" * 64
    script.on("GET", f"p/r/manifests/{other}", 200, INDEX, Content_Type=OCI_INDEX)
    with pytest.raises(DigestMismatch):
        client.get_manifest(other)
    script.on(
        "GET", "p/r/manifests/v1", 200, INDEX, Content_Type=OCI_INDEX, Docker_Content_Digest=other
    )
    with pytest.raises(DigestMismatch):
        client.get_manifest("v1")


@pytest.mark.parametrize(
    ("status", "body", "kind", "error"),
    [
        (404, b"", "application/json", ImageNotFound),
        (404, b"<html>", "text/html", UnusableAnswer),
        (200, b"<html>", "text/html", UnusableAnswer),
        (200, b"[]", OCI_INDEX, MalformedImage),
    ],
)
def test_what_is_no_manifest(
    client: RegistryClient,
    script: ScriptedRegistry,
    status: int,
    body: bytes,
    kind: str,
    error: type[Exception],
) -> None:
    script.on("GET", "p/r/manifests/v1", status, body, Content_Type=kind)
    with pytest.raises(error):
        client.get_manifest("v1")


def test_what_is_there_instead_can_be_asked_for_as_it_is_said(
    client: RegistryClient, script: ScriptedRegistry
) -> None:
    """skopeo does not fall back to plain HTTP, not even on this machine."""
    script.on("GET", "p/r/manifests/v1", 404, b"", Content_Type="application/json")
    with pytest.raises(ImageNotFound) as caught:
        client.get_manifest("v1")
    assert "skopeo list-tags --tls-verify=false docker://127.0.0.1:" in caught.value.advice[0]


def test_a_blob_that_was_cut_goes_on_where_it_was_cut(
    client: RegistryClient, script: ScriptedRegistry
) -> None:
    script.on("GET", PATH, Reply(200, DATA, cut=70_000))
    script.on(
        "GET", PATH,
        lambda request: Reply(
            206,
            DATA[int(request.headers["Range"][6:-1]) :],
            {"Content-Range": f"bytes {request.headers['Range'][6:]}{len(DATA) - 1}/{len(DATA)}"},
        ),
    )  # fmt: skip
    assert read(client) == DATA
    assert len(script.asked("GET")) == 2


@pytest.mark.parametrize("offset", [0, 1, len(DATA) - 1])
def test_a_server_without_ranges_is_read_over(
    client: RegistryClient, script: ScriptedRegistry, offset: int
) -> None:
    script.on("GET", PATH, 200, DATA)
    assert read(client, offset=offset) == DATA[offset:]


def test_other_bytes_are_noticed_before_the_last_of_them(
    client: RegistryClient, script: ScriptedRegistry
) -> None:
    script.on("GET", PATH, 200, DATA[:-1] + b"!")
    got = bytearray()
    with pytest.raises(DigestMismatch), client.blob(BLOB) as chunks:
        for chunk in chunks:
            got += chunk
    assert len(got) < len(DATA)


def test_another_size_and_another_part(client: RegistryClient, script: ScriptedRegistry) -> None:
    script.on("GET", PATH, 200, DATA + b"!")
    with pytest.raises(DigestMismatch):
        read(client)
    script.on("GET", PATH, 206, DATA, Content_Range=f"bytes 0-{len(DATA) - 1}/{len(DATA)}")
    with pytest.raises(UnusableAnswer):
        read(client, offset=5)


def test_a_blob_that_is_not_there(client: RegistryClient, script: ScriptedRegistry) -> None:
    script.on("GET", PATH, 404)
    with pytest.raises(BlobMissing):
        read(client)
    script.on("HEAD", PATH, 404)
    assert not client.has_blob(BLOB)
    script.on("HEAD", PATH, 200, b"other size")
    assert not client.has_blob(BLOB)
