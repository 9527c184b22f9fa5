"""Blobs that arrive in parts, wrong, or hardly."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from ksimage.errors import BlobMissing, DigestMismatch, GaveUp, UnusableAnswer
from ksimage.images.digest import sha256
from ksimage.locations.options import RegistryOptions
from ksimage.locations.protocol import CHUNK
from ksimage.locations.registry.source import RegistrySource
from ksimage.locations.registry.target import RegistryTarget
from tests.faults.conftest import Waits
from tests.faults.proxy import Fault, FaultProxy
from tests.faults.scripted import Reply, ScriptedRegistry
from tests.support.blobs import MemorySource, layer, noise

Sources = Callable[..., RegistrySource]
Targets = Callable[..., RegistryTarget]

DATA = noise(3_000_000)
BLOB = layer(DATA)


def _read(source: RegistrySource, offset: int = 0) -> bytes:
    with source.blob(BLOB, offset) as chunks:
        pieces = list(chunks)
    assert max(map(len, pieces)) <= CHUNK
    return b"".join(pieces)


def _part(start: int, end: int | None = None) -> Reply:
    span = f"bytes {start}-{(end or len(DATA)) - 1}/{len(DATA)}"
    return Reply(206, DATA[start:end], {"Content-Range": span})


@pytest.fixture
def stored(proxy: FaultProxy, target: Targets, source: Sources, repository: str) -> RegistrySource:
    """BLOB in the real registry, read through the proxy."""
    memory = MemorySource(blobs={BLOB.digest: DATA})
    name = f"{proxy.address}/{repository}:v1"
    target(name).put_blob(BLOB, memory)
    proxy.seen.clear()
    return source(name)


@pytest.mark.e2e
@pytest.mark.parametrize("harm", ["truncate", "reset-answer"])
@pytest.mark.parametrize("after", [0, 1, 65_536, 2_999_999])
def test_cut_download_goes_on_where_it_was_cut(
    harm: str, after: int, proxy: FaultProxy, stored: RegistrySource, received: list[int]
) -> None:
    proxy.faults.append(Fault(harm, "GET", "/blobs/", after=after))  # type: ignore[arg-type]
    received.clear()
    assert _read(stored) == DATA
    assert [status for _, _, status in proxy.seen] == [200, 206 if after else 200]
    assert sum(received) <= len(DATA)


@pytest.mark.e2e
def test_progress_counts_the_attempts_afresh(
    proxy: FaultProxy, stored: RegistrySource, waits: Waits
) -> None:
    proxy.faults.append(Fault("truncate", "GET", "/blobs/", times=12, after=100_000))
    assert _read(stored) == DATA
    assert waits.slept == [0.5] * 12


@pytest.mark.e2e
def test_without_progress_it_gives_up(proxy: FaultProxy, stored: RegistrySource) -> None:
    proxy.faults.append(Fault("truncate", "GET", "/blobs/", times=5, after=0))
    with pytest.raises(GaveUp) as caught:
        _read(stored)
    assert "cut" in caught.value.why


@pytest.mark.e2e
@pytest.mark.parametrize("after", [0, 1_500_000, 2_999_999])
def test_wrong_bytes_under_the_right_digest(
    after: int, proxy: FaultProxy, stored: RegistrySource
) -> None:
    proxy.faults.append(Fault("corrupt", "GET", "/blobs/", after=after))
    got = 0
    with stored.blob(BLOB) as chunks, pytest.raises(DigestMismatch):
        for chunk in chunks:
            got += len(chunk)
    assert got < len(DATA), "the whole blob was handed out before it was known to be wrong"


@pytest.mark.e2e
def test_offset_is_asked_for(proxy: FaultProxy, stored: RegistrySource) -> None:
    assert _read(stored, 1_000_000) == DATA[1_000_000:]
    assert [status for _, _, status in proxy.seen] == [206]


def test_server_without_range_is_read_over(script: ScriptedRegistry, source: Sources) -> None:
    script.on("GET", "p/r/blobs/.*", Reply(200, DATA, cut=500_000))
    script.on("GET", "p/r/blobs/.*", 200, DATA)
    assert _read(source(f"{script.address}/p/r:v1")) == DATA


def test_another_part_than_asked_for(script: ScriptedRegistry, source: Sources) -> None:
    script.on("GET", "p/r/blobs/.*", Reply(200, DATA, cut=500_000))
    script.on("GET", "p/r/blobs/.*", _part(400_000))
    with pytest.raises(UnusableAnswer):
        _read(source(f"{script.address}/p/r:v1"))


def test_part_of_a_part(script: ScriptedRegistry, source: Sources) -> None:
    script.on("GET", "p/r/blobs/.*", Reply(200, DATA, cut=500_000))
    script.on("GET", "p/r/blobs/.*", _part(500_000, 700_000))
    script.on("GET", "p/r/blobs/.*", _part(700_000))
    assert _read(source(f"{script.address}/p/r:v1")) == DATA


@pytest.mark.parametrize("length", [len(DATA) - 1, len(DATA) + 1])
def test_other_length_than_the_manifest_says(
    length: int, script: ScriptedRegistry, source: Sources
) -> None:
    script.on("GET", "p/r/blobs/.*", 200, (DATA + b"x")[:length])
    with pytest.raises(DigestMismatch):
        _read(source(f"{script.address}/p/r:v1"))


def test_endless_body_is_cut_off(
    script: ScriptedRegistry, source: Sources, received: list[int]
) -> None:
    script.on("GET", "p/r/blobs/.*", Reply(200, DATA + bytes(10_000_000), length=False))
    image = source(f"{script.address}/p/r:v1")
    with image.blob(BLOB) as chunks, pytest.raises(DigestMismatch):
        list(chunks)
    assert sum(received) < len(DATA) + 2 * CHUNK


def test_body_without_length_that_ends_early(script: ScriptedRegistry, source: Sources) -> None:
    script.on("GET", "p/r/blobs/.*", Reply(200, DATA[:1_000_000], length=False))
    script.on("GET", "p/r/blobs/.*", _part(1_000_000))
    assert _read(source(f"{script.address}/p/r:v1")) == DATA


def test_missing_blob(script: ScriptedRegistry, source: Sources) -> None:
    script.on("GET", "p/r/blobs/.*", 404, b'{"errors":[{"code":"BLOB_UNKNOWN","message":"no"}]}')
    with pytest.raises(BlobMissing) as caught:
        _read(source(f"{script.address}/p/r:v1"))
    assert BLOB.digest in caught.value.message


def test_empty_blob_needs_no_request(script: ScriptedRegistry, source: Sources) -> None:
    image = source(f"{script.address}/p/r:v1")
    with image.blob(layer(b"")) as chunks:
        assert list(chunks) == []
    with image.blob(replace(BLOB, size=0)) as chunks, pytest.raises(DigestMismatch):
        list(chunks)


def test_slow_drip_is_given_up(
    script: ScriptedRegistry, source: Sources, options: RegistryOptions, waits: Waits
) -> None:
    def tick() -> float:
        waits.now += 1.0  # each look at the clock is a second later: a byte a second
        return waits.now

    drip = Reply(200, DATA[:200], {"Content-Length": str(len(DATA))}, delay=0.001)
    script.on("GET", "p/r/blobs/.*", drip, times=None)
    image = source(f"{script.address}/p/r:v1", retry=options.retry._replace(clock=tick))
    with pytest.raises(GaveUp) as caught:
        _read(image)
    assert "bytes in" in caught.value.why


def test_silent_server_is_given_up(script: ScriptedRegistry, source: Sources) -> None:
    silent = Reply(200, DATA[:10], {"Content-Length": str(len(DATA))}, delay=0.4)
    script.on("GET", "p/r/blobs/.*", silent, times=None)
    with pytest.raises(GaveUp) as caught:
        _read(source(f"{script.address}/p/r:v1", read_timeout=0.1))
    assert "stopped arriving" in caught.value.why or "no answer" in caught.value.why


def test_a_reader_that_stops_leaves_nothing_open(script: ScriptedRegistry, source: Sources) -> None:
    script.on("GET", "p/r/blobs/.*", 200, DATA)
    image = source(f"{script.address}/p/r:v1")
    with image.blob(BLOB) as chunks:
        assert sha256(next(iter(chunks))) != BLOB.digest
