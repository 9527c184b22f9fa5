"""A destination in a registry: what moves a tag, and what must not."""

from __future__ import annotations

import hashlib

import pytest
from tests.faults.conftest import Waits
from tests.faults.scripted import Reply, ScriptedRegistry
from tests.support.blobs import MemorySource
from tests.support.registry import close_sessions

from ksimage.errors import TagImmutable, TagMoved, TagNotShown
from ksimage.images.manifest import Descriptor
from ksimage.images.mediatypes import OCI_INDEX
from ksimage.images.reference import parse
from ksimage.locations.options import RegistryOptions
from ksimage.locations.protocol import Outcome
from ksimage.locations.registry.target import RegistryTarget

OLD, NEW = b'{"a": 1}', b'{"a": 2}'
TAG = "p/r/manifests/v1"
IMMUTABLE = b'{"errors":[{"code":"PRECONDITION","message":"configured as immutable."}]}'


def descriptor(data: bytes) -> Descriptor:
    return Descriptor(OCI_INDEX, f"sha256:{hashlib.sha256(data).hexdigest()}", len(data))


def shows(script: ScriptedRegistry, data: bytes | None, times: int | None = 1) -> None:
    if data is None:
        script.on("HEAD", TAG, 404, times=times)
        return
    digest = descriptor(data).digest
    headers = {"Content-Type": OCI_INDEX, "Docker-Content-Digest": digest}
    script.on("HEAD", TAG, Reply(200, data, headers), times=times)


@pytest.fixture
def target(script: ScriptedRegistry, options: RegistryOptions) -> RegistryTarget:
    close_sessions()
    return RegistryTarget(parse(f"{script.address}/p/r:v1"), options)


def test_written_and_read_back(target: RegistryTarget, script: ScriptedRegistry) -> None:
    shows(script, None, times=2)
    script.on("PUT", TAG, 201)
    shows(script, NEW)
    assert target.held() is None
    target.tag(descriptor(NEW), NEW)
    assert target.held() == descriptor(NEW)  # what was read back: no further request


def test_one_that_is_there_already_is_not_written(
    target: RegistryTarget, script: ScriptedRegistry
) -> None:
    shows(script, NEW, times=2)
    assert target.held() == descriptor(NEW)
    target.tag(descriptor(NEW), NEW)
    assert script.asked("PUT") == []


def test_a_tag_that_moved_since_it_was_looked_at(
    target: RegistryTarget, script: ScriptedRegistry
) -> None:
    shows(script, None)
    shows(script, OLD)
    target.held()
    with pytest.raises(TagMoved):
        target.tag(descriptor(NEW), NEW)
    assert script.asked("PUT") == []


def test_a_tag_that_somebody_wrote_right_after(
    target: RegistryTarget, script: ScriptedRegistry
) -> None:
    script.on("PUT", TAG, 201)
    shows(script, OLD)
    with pytest.raises(TagMoved):
        target.tag(descriptor(NEW), NEW)


def test_one_that_shows_late(
    target: RegistryTarget, script: ScriptedRegistry, waits: Waits
) -> None:
    script.on("PUT", TAG, 201)
    shows(script, None, times=2)
    shows(script, NEW)
    target.tag(descriptor(NEW), NEW)
    assert waits.slept == [0.5, 1.0]


def test_one_that_never_shows(target: RegistryTarget, script: ScriptedRegistry) -> None:
    script.on("PUT", TAG, 201)
    shows(script, None, times=5)
    with pytest.raises(TagNotShown):
        target.tag(descriptor(NEW), NEW)


@pytest.mark.parametrize("arrived", [True, False])
def test_an_immutable_tag_may_hold_it_by_a_lost_first_answer(
    target: RegistryTarget, script: ScriptedRegistry, arrived: bool
) -> None:
    script.on("PUT", TAG, 412, IMMUTABLE)
    shows(script, NEW if arrived else OLD, times=2 if arrived else 1)
    if arrived:
        target.tag(descriptor(NEW), NEW)
        return
    with pytest.raises(TagImmutable):
        target.tag(descriptor(NEW), NEW)


def test_a_blob_is_asked_for_once(target: RegistryTarget, script: ScriptedRegistry) -> None:
    memory = MemorySource()
    blob = memory.add(b"layer")
    script.on("HEAD", f"p/r/blobs/{blob.digest}", 404)
    script.on("POST", "p/r/blobs/uploads/", 202, Location="/v2/p/r/blobs/uploads/1")
    script.on("PUT", "p/r/blobs/uploads/1", 201)
    sent = target.put_blob(blob, memory)
    assert (sent.outcome, sent.sent) == (Outcome.SENT, 5)
    assert target.put_blob(blob, memory).outcome is Outcome.PRESENT


def test_foreign_layers_stay_where_they_are(target: RegistryTarget) -> None:
    foreign = Descriptor(
        "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
        descriptor(OLD).digest, 7, urls=("https://elsewhere/layer",),
    )  # fmt: skip
    assert target.put_blob(foreign, MemorySource()).outcome is Outcome.PRESENT
