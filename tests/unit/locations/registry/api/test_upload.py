"""Uploads of one blob against a script. Faults on a real registry: tests/faults/test_uploads.py."""

from __future__ import annotations

import pytest
from tests.faults.scripted import ScriptedRegistry
from tests.support.blobs import MemorySource, noise

from ksimage.errors import DigestMismatch, KsimageError, RegistryRefused
from ksimage.images.manifest import Descriptor
from ksimage.locations.options import RegistryOptions
from ksimage.locations.registry.api import upload
from ksimage.locations.registry.api.channel import Channel
from ksimage.locations.registry.api.client import RegistryClient
from ksimage.locations.registry.api.upload import Upload

DATA = noise(100_000)
UPLOADS = "p/r/blobs/uploads/"
SESSION = UPLOADS + "1"
LOCATION = f"/v2/{SESSION}?_state=x"


@pytest.fixture
def memory() -> MemorySource:
    return MemorySource()


@pytest.fixture
def blob(memory: MemorySource) -> Descriptor:
    return memory.add(DATA)


@pytest.fixture
def made(
    script: ScriptedRegistry, options: RegistryOptions, memory: MemorySource, blob: Descriptor
) -> Upload:
    return Upload(RegistryClient(Channel(script.address, options), "p/r"), blob, memory)


def test_mounted_without_a_byte(made: Upload, script: ScriptedRegistry, blob: Descriptor) -> None:
    script.on("POST", UPLOADS, 201)
    assert made.mount("p/base") is None
    (request,) = script.requests
    assert request.query == {"mount": [blob.digest], "from": ["p/base"]}
    assert made.sent == 0


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [(405, b"", "HTTP 405"), (404, b'{"errors":[{"code":"X","message":"no such"}]}', "no such")],
)
def test_a_mount_that_is_refused_says_why(
    made: Upload, script: ScriptedRegistry, status: int, body: bytes, words: str
) -> None:
    script.on("POST", UPLOADS, status, body)
    assert words in (made.mount("p/base") or "")


def test_the_session_of_a_refused_mount_takes_the_bytes(
    made: Upload, script: ScriptedRegistry, blob: Descriptor
) -> None:
    script.on("POST", UPLOADS, 202, Location=LOCATION)
    script.on("PUT", SESSION, 201)
    assert made.mount("p/base") == ""
    made.send()
    (put,) = script.asked("PUT")
    assert put.body == DATA and made.sent == len(DATA)
    assert put.query == {"_state": ["x"], "digest": [blob.digest]}


def test_a_large_one_goes_in_pieces(
    made: Upload, script: ScriptedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "PIECE", 40_000)
    script.on("POST", UPLOADS, 202, Location=LOCATION)
    script.on("PATCH", SESSION, 202, Location=LOCATION, Range="0-39999")
    script.on("PATCH", SESSION, 202, Location=LOCATION, Range="0-79999")
    script.on("PUT", SESSION, 201)
    made.send()
    parts = [request.body for request in script.requests if request.method in ("PATCH", "PUT")]
    assert [len(part) for part in parts] == [40_000, 40_000, 20_000]
    assert b"".join(parts) == DATA


def test_where_pieces_are_not_taken_it_goes_whole(
    made: Upload, script: ScriptedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "PIECE", 40_000)
    script.on("POST", UPLOADS, 202, Location=LOCATION, times=2)
    script.on("PATCH", SESSION, 405)
    script.on("DELETE", SESSION, 204)
    script.on("PUT", SESSION, 201)
    made.send()
    assert script.asked("PUT")[0].body == DATA
    assert made.client.channel.whole


def test_a_refusal_leaves_nothing_half_made(made: Upload, script: ScriptedRegistry) -> None:
    script.on("POST", UPLOADS, 202, Location=LOCATION)
    script.on("PUT", SESSION, 403, b'{"errors":[{"code":"DENIED","message":"quota"}]}')
    script.on("DELETE", SESSION, 204)
    with pytest.raises(KsimageError) as raised:
        made.send()
    assert "quota" in str(vars(raised.value))


def test_what_the_registry_takes_for_other_bytes(made: Upload, script: ScriptedRegistry) -> None:
    script.on("POST", UPLOADS, 202, Location=LOCATION)
    script.on("PUT", SESSION, 400, b'{"errors":[{"code":"DIGEST_INVALID","message":"x"}]}')
    script.on("DELETE", SESSION, 204)
    with pytest.raises(DigestMismatch):
        made.send()


def test_a_source_with_fewer_bytes(
    made: Upload, script: ScriptedRegistry, blob: Descriptor
) -> None:
    made.descriptor = Descriptor(blob.media_type, blob.digest, blob.size + 1)
    script.on("POST", UPLOADS, 202, Location=LOCATION)
    script.on("PUT", SESSION, 201, times=None)
    script.on("DELETE", SESSION, 204, times=None)  # perhaps after the end of the test
    with pytest.raises(DigestMismatch):
        made.send()


def test_no_place_to_send_it_to(made: Upload, script: ScriptedRegistry) -> None:
    script.on("POST", UPLOADS, 202)
    with pytest.raises(KsimageError) as raised:
        made.send()
    assert "Location" in str(vars(raised.value)) and not isinstance(raised.value, RegistryRefused)
