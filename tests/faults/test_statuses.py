"""Answers that say: not now."""

from __future__ import annotations

import email.utils
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ksimage.errors import GaveUp, RegistryError, RegistryRefused
from ksimage.locations.options import RegistryOptions
from ksimage.locations.registry.http import connection, silence
from ksimage.locations.registry.source import RegistrySource
from ksimage.locations.registry.target import RegistryTarget
from tests.faults.conftest import Waits
from tests.faults.proxy import Fault, FaultProxy
from tests.faults.scripted import Reply, Request, ScriptedRegistry
from tests.support.blobs import MemorySource
from tests.support.program import ksimage

Sources = Callable[..., RegistrySource]
Targets = Callable[..., RegistryTarget]

MANIFEST = MemorySource().add_manifest(b"{}")
DATA = b'{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json",'
DATA += b'"config":{"mediaType":"application/vnd.docker.container.image.v1+json","size":2,'
DATA += b'"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},'
DATA += b'"layers":[]}'
TYPE = "application/vnd.docker.distribution.manifest.v2+json"


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
def test_passing_status_is_tried_again(
    status: int, script: ScriptedRegistry, source: Sources, waits: Waits
) -> None:
    script.on("GET", "p/r/manifests/v1", status, b"not now")
    script.on("GET", "p/r/manifests/v1", 200, DATA, Content_Type=TYPE)
    assert source(f"{script.address}/p/r:v1").top().size == len(DATA)
    assert waits.slept == [0.5]


def test_waits_grow_and_end(script: ScriptedRegistry, source: Sources, waits: Waits) -> None:
    script.on("GET", "p/r/manifests/v1", 503, b'{"errors":[{"message":"no\x1b[31mdisk"}]}', times=5)
    with pytest.raises(GaveUp) as caught:
        source(f"{script.address}/p/r:v1").top()
    assert waits.slept == [0.5, 1.0, 2.0, 4.0]
    assert caught.value.exit_code == 8
    assert "5 times" in caught.value.message
    assert "\x1b" not in caught.value.why


def test_jitter_shortens_the_wait_by_up_to_half(
    script: ScriptedRegistry, source: Sources, waits: Waits, options: RegistryOptions
) -> None:
    script.on("GET", "p/r/manifests/v1", 503)
    script.on("GET", "p/r/manifests/v1", 200, DATA, Content_Type=TYPE)
    policy = options.retry._replace(jitter=lambda: 0.0)
    source(f"{script.address}/p/r:v1", retry=policy).top()
    assert waits.slept == [0.25]


@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_seconds(
    status: int, script: ScriptedRegistry, source: Sources, waits: Waits
) -> None:
    script.on("GET", "p/r/manifests/v1", status, Retry_After="7")
    script.on("GET", "p/r/manifests/v1", 200, DATA, Content_Type=TYPE)
    source(f"{script.address}/p/r:v1").top()
    assert waits.slept == [7.0]


def test_retry_after_date(script: ScriptedRegistry, source: Sources, waits: Waits) -> None:
    date = email.utils.formatdate(time.time() + 30, usegmt=True)
    script.on("GET", "p/r/manifests/v1", 429, Retry_After=date)
    script.on("GET", "p/r/manifests/v1", 200, DATA, Content_Type=TYPE)
    source(f"{script.address}/p/r:v1").top()
    assert len(waits.slept) == 1
    assert 25 < waits.slept[0] <= 30


def test_waits_are_told(
    script: ScriptedRegistry, source: Sources, waits: Waits, caplog: pytest.LogCaptureFixture
) -> None:
    """The long ones to everybody, the short ones to those who ask for details."""
    caplog.set_level(logging.INFO)
    body = b'{"errors":[{"message":"no disk"}]}'
    script.on("GET", "p/r/manifests/v1", 503, body, times=3)
    script.on("GET", "p/r/manifests/v1", 200, DATA, Content_Type=TYPE)
    source(f"{script.address}/p/r:v1").top()
    told = [(record.levelname, record.message) for record in caplog.records]
    assert told == [
        ("INFO", f"{script.address}: HTTP 503: no disk; again in 0.5 s (2 of 5)"),
        ("INFO", f"{script.address}: HTTP 503: no disk; again in 1.0 s (3 of 5)"),
        ("WARNING", f"{script.address}: HTTP 503: no disk; again in 2 s (4 of 5)"),
    ]


def test_silence_is_told(
    script: ScriptedRegistry,
    source: Sources,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Who waits learns for whom; the first byte of an unknown server is not waited for so long."""
    monkeypatch.setattr(silence, "NOTICE", 0.05)
    monkeypatch.setattr(connection, "FIRST_ANSWER", 0.3)
    over = threading.Event()

    def late(_: Request) -> Reply:
        over.wait(10)
        return Reply(404)

    script.on("GET", "p/r/manifests/v1", late)
    script.on("GET", "p/r/manifests/v1", 200, DATA, Content_Type=TYPE)
    source(f"{script.address}/p/r:v1", read_timeout=9).top()
    over.set()
    assert f"waiting for {script.address} (0 s; at most 0)" in caplog.text
    assert f"waiting for {script.address} (0 s; at most 9)" not in caplog.text


def test_attempt_that_took_long_is_told(
    script: ScriptedRegistry, source: Sources, waits: Waits, caplog: pytest.LogCaptureFixture
) -> None:
    def slow(_: Request) -> Reply:
        waits.now += 30
        return Reply(503)

    script.on("GET", "p/r/manifests/v1", slow)
    script.on("GET", "p/r/manifests/v1", 200, DATA, Content_Type=TYPE)
    source(f"{script.address}/p/r:v1").top()
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_warnings_of_the_registry_are_shown_once(
    script: ScriptedRegistry, source: Sources, caplog: pytest.LogCaptureFixture
) -> None:
    header = '299 - "this tag is \x1b[31mgoing away"'
    script.on("GET", "p/r/manifests/v1", 200, DATA, Content_Type=TYPE, Warning=header, times=2)
    for _ in range(2):
        source(f"{script.address}/p/r:v1").top()
    assert [record.message for record in caplog.records] == [
        f"{script.address} says: this tag is [31mgoing away"
    ]


@pytest.mark.parametrize("arguments", [(), ("--output", "json")])
def test_waits_are_told_by_the_program(
    arguments: tuple[str, ...], script: ScriptedRegistry, tmp_path: Path
) -> None:
    script.on("GET", "p/r/manifests/v1", 503, Retry_After="2")
    script.on("GET", "p/r/manifests/v1", 404)
    run = ksimage("verify", f"{script.address}/p/r:v1", *arguments, cwd=tmp_path)
    assert run.code == 4
    line = f"warning: {script.address}: HTTP 503; again in 2 s (2 of 5)"
    assert line in run.stderr.splitlines()
    assert "HTTP 503" not in run.stdout
    if arguments:
        assert run.document["error"]["kind"] == "image-not-found"


@pytest.mark.parametrize("value", ["soon", "-5", "1e9", "", "Mon, 99 Foo 2026 00:00:00 GMT"])
def test_retry_after_nonsense_is_ignored(
    value: str, script: ScriptedRegistry, source: Sources, waits: Waits
) -> None:
    script.on("GET", "p/r/manifests/v1", 429, Retry_After=value)
    script.on("GET", "p/r/manifests/v1", 200, DATA, Content_Type=TYPE)
    source(f"{script.address}/p/r:v1").top()
    assert waits.slept == [0.5]


def test_retry_after_of_an_hour_is_not_waited_for(
    script: ScriptedRegistry, source: Sources, waits: Waits
) -> None:
    script.on("GET", "p/r/manifests/v1", 429, Retry_After="3600")
    with pytest.raises(GaveUp) as caught:
        source(f"{script.address}/p/r:v1").top()
    assert waits.slept == []
    assert "3600 s" in caught.value.why


def test_total_time_is_bounded(script: ScriptedRegistry, source: Sources, waits: Waits) -> None:
    script.on("GET", "p/r/manifests/v1", 429, times=3, Retry_After="119")
    with pytest.raises(GaveUp):
        source(f"{script.address}/p/r:v1").top()
    assert sum(waits.slept) <= 300


@pytest.mark.parametrize("status", [400, 404, 405, 409, 501])
def test_final_status_is_not_tried_again(
    status: int, script: ScriptedRegistry, target: Targets, waits: Waits
) -> None:
    data = b"{}"
    memory = MemorySource()
    descriptor = memory.add(data, TYPE)
    script.on("PUT", "p/r/manifests/.*", status, b'{"errors":[{"code":"X","message":"no"}]}')
    with pytest.raises(RegistryError) as caught:
        target(f"{script.address}/p/r:v1").put_manifest(descriptor, data)
    assert waits.slept == []
    if status == 501:
        assert list(caught.value.advice) == [
            f"is it a registry at all?  curl -ki https://{script.address}/v2/"
        ]


@pytest.mark.e2e
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_every_request_of_a_push_survives_one(
    status: int, proxy: FaultProxy, target: Targets, source: Sources, repository: str, waits: Waits
) -> None:
    memory = MemorySource()
    top = memory.add_manifest(b'{"a":1}', b"layer")
    for method in ("HEAD", "POST", "PUT", "GET"):
        proxy.faults.append(Fault("status", method, status=status))
    name = f"{proxy.address}/{repository}:v1"
    pushed = target(name)
    for digest, data in memory.blobs.items():
        if digest != top.digest:
            pushed.put_blob(replace(top, digest=digest, size=len(data)), memory)
    pushed.tag(top, memory.manifest(top))
    assert source(name).top() == top
    assert len(waits.slept) >= 4


@pytest.mark.parametrize("linger", [0, 0.2])
@pytest.mark.parametrize("size", [300_000, 30_000_000])
def test_nothing_is_sent_twice_to_a_server_that_answers_early(
    size: int, linger: float, script: ScriptedRegistry, target: Targets
) -> None:
    """What the sockets take at once, and what they do not; closed at once, and a little later."""
    memory = MemorySource()
    descriptor = memory.add(b"x" * size)
    script.on("HEAD", "p/r/blobs/.*", 404)
    script.on("POST", "p/r/blobs/uploads/", 202, Location="/v2/p/r/blobs/uploads/1")
    refused = Reply(413, b"<html>too large</html>", early=True, linger=linger)
    script.on("PUT", "p/r/blobs/uploads/1", refused)
    script.on("DELETE", "p/r/blobs/uploads/1", 204)
    with pytest.raises(RegistryRefused) as caught:
        target(f"{script.address}/p/r:v1").put_blob(descriptor, memory)
    assert "client_max_body_size" in caught.value.advice[0]
