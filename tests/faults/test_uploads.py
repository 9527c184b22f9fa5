"""Uploads: mounted, led elsewhere, cut, resumed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from ksimage.errors import (
    DigestMismatch,
    GaveUp,
    KsimageError,
    RedirectRefused,
    RegistryRefused,
    UnusableAnswer,
)
from ksimage.images.manifest import Descriptor
from ksimage.images.mediatypes import DOCKER_MANIFEST
from ksimage.locations.protocol import Outcome, Transfer
from ksimage.locations.registry.source import RegistrySource
from ksimage.locations.registry.target import RegistryTarget
from ksimage.locations.transfer import copy
from tests.faults.conftest import Waits
from tests.faults.proxy import Fault, FaultProxy
from tests.faults.scripted import Reply, Request, ScriptedRegistry
from tests.support.blobs import MemorySource, layer, noise
from tests.support.registry import PASSWORD, USER, RunningRegistry

Sources = Callable[..., RegistrySource]
Targets = Callable[..., RegistryTarget]

DATA = noise(1_000_000)
UPLOADS = "p/r/blobs/uploads/"


@pytest.fixture
def memory() -> MemorySource:
    return MemorySource()


@pytest.fixture
def blob(memory: MemorySource) -> Descriptor:
    return memory.add(DATA)


@pytest.fixture
def pieces(monkeypatch: pytest.MonkeyPatch) -> int:
    """Uploads in pieces of 300,000 bytes: three and the rest."""
    monkeypatch.setattr("ksimage.locations.registry.api.upload.PIECE", 300_000)
    return 300_000


def _absent(script: ScriptedRegistry) -> None:
    script.on("HEAD", "p/r/blobs/.*", 404)


# --- where the upload goes ---


@pytest.mark.parametrize("form", ["/v2/up/1", "up/1", "http://{}/v2/up/1", "//{}/v2/up/1"])
@pytest.mark.parametrize("query", ["", "?_state=a%2Fb%3D&n=1"])
def test_location_forms(
    form: str,
    query: str,
    script: ScriptedRegistry,
    target: Targets,
    memory: MemorySource,
    blob: Descriptor,
) -> None:
    _absent(script)
    location = form.format(script.address) if form != "up/1" else "/v2/p/r/blobs/../../../up/1"
    script.on("POST", UPLOADS, 202, Location=location + query)
    script.on("PUT", "up/1", 201)
    transfer = target(f"{script.address}/p/r:v1").put_blob(blob, memory)
    assert (transfer.outcome, transfer.sent) == (Outcome.SENT, len(DATA))
    put = script.requests[-1]
    assert put.body == DATA
    expected = {"digest": [blob.digest]}
    if query:
        expected |= {"_state": ["a/b="], "n": ["1"]}
    assert put.query == expected
    assert put.headers["Content-Length"] == str(len(DATA))


def test_location_on_another_host_gets_no_login(
    script: ScriptedRegistry,
    store: ScriptedRegistry,
    target: Targets,
    memory: MemorySource,
    blob: Descriptor,
) -> None:
    login = {"username": USER, "password": PASSWORD}
    script.on("HEAD", "p/r/blobs/.*", 401, WWW_Authenticate="Basic")
    _absent(script)
    script.on("POST", UPLOADS, 202, Location=f"http://{store.address}/v2/up/1")
    store.on("PUT", "up/1", 201)
    target(f"{script.address}/p/r:v1", **login).put_blob(blob, memory)
    assert "Authorization" in script.requests[-1].headers
    assert "Authorization" not in store.requests[0].headers
    assert store.requests[0].body == DATA


@pytest.mark.parametrize(
    ("location", "error"), [("", UnusableAnswer), ("gopher://x/", RedirectRefused)]
)
def test_no_usable_location(
    location: str,
    error: type[KsimageError],
    script: ScriptedRegistry,
    target: Targets,
    memory: MemorySource,
    blob: Descriptor,
) -> None:
    _absent(script)
    script.on("POST", UPLOADS, Reply(202, headers={"Location": location} if location else {}))
    with pytest.raises(error):
        target(f"{script.address}/p/r:v1").put_blob(blob, memory)


@pytest.mark.parametrize("netloc", ["127.0.0.1", "127.0.0.1:443", "127.0.0.1:8080"])
def test_location_of_the_same_name_is_taken_to_the_registry(
    netloc: str,
    script: ScriptedRegistry,
    target: Targets,
    memory: MemorySource,
    blob: Descriptor,
) -> None:
    """Behind a proxy a registry does not know by which port it is reached."""
    _absent(script)
    script.on("POST", UPLOADS, 202, Location=f"https://{netloc}/v2/p/r/blobs/uploads/1?_state=x")
    script.on("PUT", "p/r/blobs/uploads/1", 201, when=lambda r: r.query["_state"] == ["x"])
    assert target(f"{script.address}/p/r:v1").put_blob(blob, memory).outcome is Outcome.SENT


# --- nothing, or a mount ---


def test_present_blob_is_looked_at_once(
    script: ScriptedRegistry, target: Targets, memory: MemorySource, blob: Descriptor
) -> None:
    script.on("HEAD", "p/r/blobs/.*", Reply(200, headers={"Content-Length": str(len(DATA))}))
    for tag in ("v1", "v2", "v3"):
        transfer = target(f"{script.address}/p/r:{tag}").put_blob(blob, memory)
        assert (transfer.outcome, transfer.sent) == (Outcome.PRESENT, 0)
    assert len(script.requests) == 1


def test_present_blob_of_another_size_is_no_such_blob(
    script: ScriptedRegistry, target: Targets, memory: MemorySource, blob: Descriptor
) -> None:
    script.on("HEAD", "p/r/blobs/.*", Reply(200, headers={"Content-Length": "7"}))
    script.on("POST", UPLOADS, 202, Location="/v2/up/1")
    script.on("PUT", "up/1", 201)
    assert target(f"{script.address}/p/r:v1").put_blob(blob, memory).outcome is Outcome.SENT


def test_same_repository_needs_no_request(
    script: ScriptedRegistry, source: Sources, target: Targets, blob: Descriptor
) -> None:
    base = source(f"{script.address}/p/r:v1")
    transfer = target(f"{script.address}/p/r:v1-debug").put_blob(blob, base)
    assert transfer.outcome is Outcome.PRESENT
    assert script.requests == []


def test_mount_answered_201(
    script: ScriptedRegistry, source: Sources, target: Targets, blob: Descriptor
) -> None:
    script.on("POST", UPLOADS, 201, Location="/v2/p/r/blobs/x")
    base = source(f"{script.address}/q/base:v1")
    transfer = target(f"{script.address}/p/r:v1").put_blob(blob, base)
    assert (transfer.outcome, transfer.sent) == (Outcome.MOUNTED, 0)
    assert script.requests[0].query == {"mount": [blob.digest], "from": ["q/base"]}


def test_mount_answered_202_uses_the_session(
    script: ScriptedRegistry,
    source: Sources,
    target: Targets,
    blob: Descriptor,
    caplog: pytest.LogCaptureFixture,
) -> None:
    script.on("POST", UPLOADS, 202, Location="/v2/up/1")
    _absent(script)
    script.on("GET", "q/base/blobs/.*", 200, DATA)
    script.on("PUT", "up/1", 201)
    base = source(f"{script.address}/q/base:v1")
    transfer = target(f"{script.address}/p/r:v1").put_blob(blob, base)
    assert (transfer.outcome, transfer.sent) == (Outcome.SENT, len(DATA))
    assert [record.message for record in caplog.records if record.levelname == "WARNING"] == [
        f"{script.address} does not link the layers of q/base into p/r: their bytes are sent"
    ]


@pytest.mark.parametrize("status", [404, 405])
def test_mount_that_is_refused_is_not_tried_again(
    status: int,
    script: ScriptedRegistry,
    source: Sources,
    target: Targets,
    blob: Descriptor,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Its reason is said, once; the bytes go over."""
    words = b'{"errors":[{"code":"UNSUPPORTED","message":"no mounts here"}]}'
    memory = MemorySource()
    second = memory.add(b"second")
    script.on("POST", UPLOADS, status, words, when=lambda r: "mount" in r.query)
    script.on("HEAD", "p/r/blobs/.*", 404, times=2)
    script.on("POST", UPLOADS, 202, Location="/v2/up/1", when=lambda r: not r.query, times=2)
    script.on("GET", f"q/base/blobs/{blob.digest}", 200, DATA)
    script.on("GET", f"q/base/blobs/{second.digest}", 200, b"second")
    script.on("PUT", "up/1", 201, times=2)
    base = source(f"{script.address}/q/base:v1")
    pushed = target(f"{script.address}/p/r:v1")
    assert pushed.put_blob(blob, base).outcome is Outcome.SENT
    assert pushed.put_blob(second, base).outcome is Outcome.SENT
    assert caplog.text.count("does not link the layers of q/base into p/r (no mounts here)") == 1


def test_declined_mount_is_seen_and_can_be_stopped(
    script: ScriptedRegistry, source: Sources, target: Targets
) -> None:
    """The bytes go through the copy that asked for them, not past it."""
    memory = MemorySource()
    top = memory.add_manifest(b"{}", DATA)
    digest = layer(DATA).digest
    script.on("GET", "q/base/manifests/.*", 200, memory.manifest(top), Content_Type=DOCKER_MANIFEST)
    script.on("GET", f"q/base/blobs/{digest}", 200, DATA)
    script.on("POST", UPLOADS, 202, Location="/v2/up/1")
    _absent(script)
    read = []

    class Stopped(Exception):
        pass

    class Watching:
        def start(self, descriptor: Descriptor) -> None:
            pass

        def advance(self, descriptor: Descriptor, count: int) -> None:
            if count:  # 0 is said when it is opened
                read.append(count)
                raise Stopped

        def done(self, transfer: Transfer) -> None:
            pass

    script.on("PUT", "up/1", 201, times=None)
    script.on("DELETE", "up/1", 204)
    with pytest.raises(Stopped):
        copy(
            source(f"{script.address}/q/base:v1"),
            target(f"{script.address}/p/r:v1"),
            jobs=1,
            progress=Watching(),
        )
    assert len(read) == 1


def test_mount_answered_202_for_a_present_blob_cancels_the_session(
    script: ScriptedRegistry, source: Sources, target: Targets, blob: Descriptor
) -> None:
    script.on("POST", UPLOADS, 202, Location="/v2/up/1?_state=x")
    script.on("HEAD", "p/r/blobs/.*", Reply(200, headers={"Content-Length": str(len(DATA))}))
    script.on("DELETE", "up/1", 204, when=lambda r: r.query == {"_state": ["x"]})
    base = source(f"{script.address}/q/base:v1")
    assert target(f"{script.address}/p/r:v1").put_blob(blob, base).outcome is Outcome.PRESENT


def test_foreign_layer_is_left_where_it_is(
    script: ScriptedRegistry, target: Targets, memory: MemorySource, blob: Descriptor
) -> None:
    foreign = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    layer = replace(blob, media_type=foreign, urls=("https://mcr.example/layer",))
    assert target(f"{script.address}/p/r:v1").put_blob(layer, memory).outcome is Outcome.PRESENT
    assert script.requests == []


def test_two_platforms_that_share_a_layer_send_it_once(
    script: ScriptedRegistry, target: Targets, memory: MemorySource, blob: Descriptor
) -> None:
    _absent(script)
    script.on("POST", UPLOADS, 202, Location="/v2/up/1")
    script.on("PUT", "up/1", 201)
    outcomes: list[Outcome] = []
    pushed = target(f"{script.address}/p/r:v1")
    threads = [
        threading.Thread(target=lambda: outcomes.append(pushed.put_blob(blob, memory).outcome))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(o.value for o in outcomes) == ["present", "present", "present", "sent"]


# --- cut, and resumed ---


def test_pieces(
    script: ScriptedRegistry,
    target: Targets,
    memory: MemorySource,
    blob: Descriptor,
    pieces: int,
) -> None:
    _absent(script)
    script.on("POST", UPLOADS, 202, Location="/v2/up/0")
    for i in range(3):
        script.on("PATCH", f"up/{i}", 202, Location=f"/v2/up/{i + 1}")
    script.on("PUT", "up/3", 201)
    target(f"{script.address}/p/r:v1").put_blob(blob, memory)
    sent = [r for r in script.requests if r.method in ("PATCH", "PUT")]
    assert b"".join(r.body for r in sent) == DATA
    assert [r.headers["Content-Range"] for r in sent] == [
        "0-299999",
        "300000-599999",
        "600000-899999",
        "900000-999999",
    ]


@pytest.mark.parametrize("status", [400, 405, 416])
def test_registry_that_takes_no_pieces(
    status: int,
    script: ScriptedRegistry,
    target: Targets,
    memory: MemorySource,
    blob: Descriptor,
    pieces: int,
) -> None:
    """One PUT then, and for the next blob at once."""
    second = memory.add(noise(700_000))
    script.on("HEAD", "p/r/blobs/.*", 404, times=2)
    script.on("POST", UPLOADS, 202, Location="/v2/up/0")
    script.on("PATCH", "up/0", status)
    script.on("DELETE", "up/0", 204)
    script.on("POST", UPLOADS, 202, Location="/v2/up/1", times=2)
    script.on("PUT", "up/1", 201, when=lambda r: "Content-Range" not in r.headers, times=2)
    pushed = target(f"{script.address}/p/r:v1")
    pushed.put_blob(blob, memory)
    pushed.put_blob(second, memory)
    assert [len(r.body) for r in script.requests if r.method == "PUT"] == [len(DATA), 700_000]


def test_resumes_at_the_offset_that_the_registry_confirms(
    script: ScriptedRegistry,
    target: Targets,
    memory: MemorySource,
    blob: Descriptor,
    pieces: int,
    waits: Waits,
) -> None:
    _absent(script)
    script.on("POST", UPLOADS, 202, Location="/v2/up/0")
    script.on("PATCH", "up/0", 202, Location="/v2/up/1")
    script.on("PATCH", "up/1", Reply(202, cut=-1))
    # it kept 123,456 bytes of the second piece
    script.on("GET", "up/1", 204, Location="/v2/up/2", Range="0-423455")
    script.on("PATCH", "up/2", 202, Location="/v2/up/3", when=lambda r: len(r.body) == 300_000)
    script.on("PUT", "up/3", 201, when=lambda r: r.body == DATA[723_456:])
    target(f"{script.address}/p/r:v1").put_blob(blob, memory)
    assert memory.reads[-2][1] == 423_456
    assert waits.slept == [0.5]


def test_registry_that_kept_less_than_was_sent(
    script: ScriptedRegistry, target: Targets, memory: MemorySource, blob: Descriptor, pieces: int
) -> None:
    _absent(script)
    script.on("POST", UPLOADS, 202, Location="/v2/up/0")
    script.on("PATCH", "up/0", 202, Location="/v2/up/1", Range="0-199999")
    script.on("GET", "up/1", 204, Location="/v2/up/2", Range="0-199999")
    script.on("PATCH", "up/2", 202, Range="0-499999")  # no new Location: the old one holds
    script.on("PATCH", "up/2", 202, Location="/v2/up/3", Range="0-799999")
    script.on("PUT", "up/3", 201, when=lambda r: r.body == DATA[800_000:])
    target(f"{script.address}/p/r:v1").put_blob(blob, memory)


@pytest.mark.parametrize("status", [404, 400])
def test_forgotten_session_starts_again(
    status: int,
    script: ScriptedRegistry,
    target: Targets,
    memory: MemorySource,
    blob: Descriptor,
    pieces: int,
) -> None:
    _absent(script)
    script.on("POST", UPLOADS, 202, Location="/v2/up/0")
    script.on("PATCH", "up/0", 202, Location="/v2/up/1")
    script.on("PATCH", "up/1", Reply(202, cut=-1))
    lost = b'{"errors":[{"code":"BLOB_UPLOAD_INVALID","message":"blob upload invalid"}]}'
    script.on("GET", "up/1", status, lost)
    script.on("DELETE", "up/1", 404)
    script.on("POST", UPLOADS, 202, Location="/v2/again/0")
    for i in range(3):
        script.on("PATCH", f"again/{i}", 202, Location=f"/v2/again/{i + 1}")
    script.on("PUT", "again/3", 201)
    transfer = target(f"{script.address}/p/r:v1").put_blob(blob, memory)
    assert transfer.sent == len(DATA) + 600_000


def test_commit_whose_answer_was_lost(
    script: ScriptedRegistry, target: Targets, memory: MemorySource, blob: Descriptor
) -> None:
    _absent(script)
    script.on("POST", UPLOADS, 202, Location="/v2/up/1")
    script.on("PUT", "up/1", Reply(201, cut=-1))
    script.on("HEAD", "p/r/blobs/.*", Reply(200, headers={"Content-Length": str(len(DATA))}))
    transfer = target(f"{script.address}/p/r:v1").put_blob(blob, memory)
    assert (transfer.outcome, transfer.sent) == (Outcome.SENT, len(DATA))


def test_upload_gives_up_and_cancels(
    script: ScriptedRegistry, target: Targets, memory: MemorySource, blob: Descriptor
) -> None:
    script.on("HEAD", "p/r/blobs/.*", 404, times=None)
    script.on("POST", UPLOADS, 202, times=None, Location="/v2/up/1")
    script.on("PUT", "up/1", 503, times=5)
    script.on("GET", "up/1", 204, times=4, Range="0-0")
    script.on("DELETE", "up/1", 204)
    with pytest.raises(GaveUp) as caught:
        target(f"{script.address}/p/r:v1").put_blob(blob, memory)
    assert "upload" in caught.value.message


def test_digest_refused_by_the_registry(
    script: ScriptedRegistry, target: Targets, memory: MemorySource, blob: Descriptor
) -> None:
    body = b'{"errors":[{"code":"DIGEST_INVALID","message":"provided digest did not match"}]}'
    _absent(script)
    script.on("POST", UPLOADS, 202, Location="/v2/up/1")
    script.on("PUT", "up/1", 400, body)
    script.on("DELETE", "up/1", 204)
    with pytest.raises(DigestMismatch):
        target(f"{script.address}/p/r:v1").put_blob(blob, memory)


@pytest.mark.e2e
@pytest.mark.parametrize(
    "fault",
    [
        Fault("reset-request", "PATCH", after=0),
        Fault("reset-request", "PATCH", after=150_000),
        Fault("reset-request", "PATCH", skip=2, after=299_999),
        Fault("reset-request", "PUT", r"uploads/.*digest=", after=0),
        Fault("reset-request", "PUT", r"uploads/.*digest=", after=50_000),
        Fault("lose-answer", "PATCH", skip=1),
        Fault("lose-answer", "PUT", r"uploads/.*digest="),
        Fault("lose-answer", "POST", "uploads"),
        Fault("status", "PATCH", skip=1, status=502),
        Fault("status", "PUT", r"uploads/.*digest=", status=500),
        Fault("status", "PATCH", status=429, headers={"Retry-After": "3"}),
    ],
    ids=lambda fault: f"{fault.harm}-{fault.method}-{fault.after or fault.skip or fault.status}",
)
def test_real_upload_survives(
    fault: Fault,
    proxy: FaultProxy,
    registry: RunningRegistry,
    target: Targets,
    memory: MemorySource,
    blob: Descriptor,
    repository: str,
    pieces: int,
    waits: Waits,
) -> None:
    data = noise(1_000_000, seed=hash(repository))
    blob = memory.add(data)
    proxy.faults.append(replace(fault))
    target(f"{proxy.address}/{repository}:v1").put_blob(blob, memory)
    assert registry.blob_path(blob.digest).read_bytes() == data
    assert len(waits.slept) == 1


@pytest.mark.e2e
def test_real_upload_goes_on_at_the_piece_that_was_refused(
    proxy: FaultProxy, target: Targets, memory: MemorySource, repository: str, pieces: int
) -> None:
    blob = memory.add(noise(1_000_000, seed=hash(repository)))
    proxy.faults.append(Fault("status", "PATCH", skip=2, status=503))
    transfer = target(f"{proxy.address}/{repository}:v1").put_blob(blob, memory)
    assert [r[1] for r in memory.reads] == [0, 300_000, 600_000, 600_000, 900_000]
    assert transfer.sent < len(DATA) + 2 * pieces


# --- the reading side ---


@pytest.mark.e2e
def test_damaged_source_is_not_committed(
    proxy: FaultProxy, registry: RunningRegistry, source: Sources, target: Targets, repository: str
) -> None:
    memory = MemorySource()
    data = noise(1_000_000, seed=hash(repository))
    blob = memory.add(data)
    target(f"{registry.address}/{repository}:v1").put_blob(blob, memory)
    proxy.faults.append(Fault("corrupt", "GET", "/blobs/", after=999_999))
    base = source(f"{proxy.address}/{repository}:v1")
    copied = target(f"{registry.address}/{repository}/copy:v1")
    with pytest.raises(DigestMismatch):
        copied.put_blob(blob, base)
    assert not copied.session.client(f"{repository}/copy").has_blob(blob)


def test_source_that_fails_is_not_the_targets_fault(
    script: ScriptedRegistry, target: Targets, waits: Waits
) -> None:
    class Failing(MemorySource):
        @contextmanager
        def blob(self, descriptor: Descriptor, offset: int = 0) -> Iterator[Iterator[bytes]]:
            def chunks() -> Iterator[bytes]:
                yield bytes(1000)
                raise OSError(5, "Input/output error")

            yield chunks()

    failing = Failing()
    blob = failing.add(DATA)
    _absent(script)
    script.on("POST", UPLOADS, 202, Location="/v2/up/1")
    script.on("PUT", "up/1", 400, times=None)
    script.on("DELETE", "up/1", 204)
    with pytest.raises(OSError, match="Input/output"):
        target(f"{script.address}/p/r:v1").put_blob(blob, failing)
    assert waits.slept == []


def test_source_that_ends_early(
    script: ScriptedRegistry, target: Targets, memory: MemorySource, blob: Descriptor
) -> None:
    memory.blobs[blob.digest] = DATA[:-1]
    _absent(script)
    script.on("POST", UPLOADS, 202, Location="/v2/up/1")
    script.on("PUT", "up/1", 400, times=None)
    script.on("DELETE", "up/1", 204)
    with pytest.raises(DigestMismatch):
        target(f"{script.address}/p/r:v1").put_blob(blob, memory)


def test_refusal_in_mid_upload_is_final(
    script: ScriptedRegistry, target: Targets, memory: MemorySource, blob: Descriptor, waits: Waits
) -> None:
    def refuse(request: Request) -> Reply:
        return Reply(400, b'{"errors":[{"code":"SIZE_INVALID","message":"too big"}]}')

    _absent(script)
    script.on("POST", UPLOADS, 202, Location="/v2/up/1")
    script.on("PUT", "up/1", refuse)
    script.on("DELETE", "up/1", 204)
    with pytest.raises(RegistryRefused) as caught:
        target(f"{script.address}/p/r:v1").put_blob(blob, memory)
    assert caught.value.why == "too big"
    assert waits.slept == []
