"""Manifests and tags: wrong, too large, refused, moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ksimage.errors import (
    BlobMissing,
    DigestMismatch,
    ImageNotFound,
    KsimageError,
    MalformedImage,
    PolicyViolation,
    ProjectMissing,
    ProxyCacheProject,
    QuotaExceeded,
    ReadOnlyRegistry,
    RegistryRefused,
    RepositoryWithoutProject,
    RightMissing,
    TagImmutable,
    TagMoved,
    TagNotShown,
    UnsupportedImage,
    UnusableAnswer,
)
from ksimage.images.documents import encode
from ksimage.images.manifest import Descriptor
from ksimage.images.mediatypes import OCI_MANIFEST
from ksimage.locations.registry.source import RegistrySource
from ksimage.locations.registry.target import RegistryTarget
from tests.faults.conftest import Waits
from tests.faults.proxy import Fault, FaultProxy
from tests.faults.scripted import Reply, ScriptedRegistry
from tests.support.blobs import MemorySource
from tests.support.registry import RunningRegistry

Sources = Callable[..., RegistrySource]
Targets = Callable[..., RegistryTarget]

MEMORY = MemorySource()
TOP = MEMORY.add_manifest(b"{}", b"layer")
DATA = MEMORY.manifest(TOP)
OLD = MEMORY.add_manifest(b'{"old":1}')
OTHER = MEMORY.add_manifest(b'{"other":1}')
TAG = "p/r/manifests/v1"


def _head(descriptor: Descriptor) -> Reply:
    return Reply(
        200,
        headers={
            "Content-Type": descriptor.media_type,
            "Content-Length": str(descriptor.size),
            "Docker-Content-Digest": descriptor.digest,
        },
    )


# --- reading ---


def test_top_takes_one_request(script: ScriptedRegistry, source: Sources) -> None:
    script.on("GET", TAG, 200, DATA, Content_Type=TOP.media_type, Docker_Content_Digest=TOP.digest)
    image = source(f"{script.address}/p/r:v1")
    assert image.top() == TOP
    assert image.top() == TOP
    assert image.manifest(TOP) == DATA
    accept = script.requests[0].headers["Accept"]
    assert "manifest.list.v2+json" in accept
    assert "image.index.v1+json" in accept


def test_wrong_docker_content_digest(script: ScriptedRegistry, source: Sources) -> None:
    script.on("GET", TAG, 200, DATA, Content_Type=TOP.media_type, Docker_Content_Digest=OLD.digest)
    with pytest.raises(DigestMismatch):
        source(f"{script.address}/p/r:v1").top()


def test_other_manifest_than_the_digest_names(script: ScriptedRegistry, source: Sources) -> None:
    script.on("GET", f"p/r/manifests/{OLD.digest}", 200, DATA, Content_Type=TOP.media_type)
    with pytest.raises(DigestMismatch) as caught:
        source(f"{script.address}/p/r@{OLD.digest}").top()
    assert caught.value.exit_code == 11


def test_other_size_than_the_descriptor_says(script: ScriptedRegistry, source: Sources) -> None:
    script.on("GET", f"p/r/manifests/{TOP.digest}", 200, DATA, Content_Type=TOP.media_type)
    with pytest.raises(DigestMismatch):
        source(f"{script.address}/p/r:v1").manifest(replace(TOP, size=TOP.size + 1))


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/json; charset=utf-8"])
def test_missing_content_type_is_made_up_for(
    content_type: str, script: ScriptedRegistry, source: Sources
) -> None:
    headers: dict[str, Any] = {"Content_Type": content_type} if content_type else {}
    script.on("GET", TAG, 200, DATA, **headers)
    assert source(f"{script.address}/p/r:v1").top() == TOP


def test_oci_manifest_without_any_type(script: ScriptedRegistry, source: Sources) -> None:
    document = {"schemaVersion": 2, "config": TOP.to_json(), "layers": []}
    script.on("GET", TAG, 200, encode(document))
    assert source(f"{script.address}/p/r:v1").top().media_type == OCI_MANIFEST


def test_html_page_with_status_200(script: ScriptedRegistry, source: Sources) -> None:
    script.on("GET", TAG, 200, b"<!doctype html><title>Log in</title>", Content_Type="text/html")
    with pytest.raises(UnusableAnswer) as caught:
        source(f"{script.address}/p/r:v1").top()
    assert "web page" in caught.value.message


def test_html_page_with_status_404(script: ScriptedRegistry, source: Sources) -> None:
    """A web server, whose page says nothing about images."""
    script.on("GET", TAG, 404, b"<!doctype html><title>Not Found</title>", Content_Type="text/html")
    with pytest.raises(UnusableAnswer) as caught:
        source(f"{script.address}/p/r:v1").top()
    assert "the page of a web server" in caught.value.message
    assert caught.value.exit_code == 8


def test_html_error_page(script: ScriptedRegistry, source: Sources) -> None:
    page = b"<html><head><title>403\x1b[31m Forbidden</title></head></html>"
    script.on("GET", TAG, 403, page, Content_Type="text/html; charset=utf-8")
    with pytest.raises(RightMissing) as caught:
        source(f"{script.address}/p/r:v1").top()
    assert caught.value.why == "it answered with a web page titled '403 [31m Forbidden'"


def test_huge_error_body_is_not_read(
    script: ScriptedRegistry, source: Sources, received: list[int]
) -> None:
    body = b'{"errors":[{"message":"' + b"A" * 20_000_000
    script.on("GET", TAG, 400, body)
    image = source(f"{script.address}/p/r:v1")
    with pytest.raises(RegistryRefused) as caught:
        image.top()
    assert sum(received) < 1 << 20
    assert len(caught.value.why) <= 400


def test_manifest_larger_than_4_mib(script: ScriptedRegistry, source: Sources) -> None:
    script.on("GET", TAG, 200, b" " * ((4 << 20) + 1) + DATA, Content_Type=TOP.media_type)
    image = source(f"{script.address}/p/r:v1")
    with pytest.raises(MalformedImage) as caught:
        image.top()
    assert "larger than" in caught.value.why


def test_descriptor_of_a_huge_manifest_is_not_asked_for(
    script: ScriptedRegistry, source: Sources
) -> None:
    with pytest.raises(MalformedImage):
        source(f"{script.address}/p/r:v1").manifest(replace(TOP, size=1 << 40))


def test_schema_1_is_refused_clearly(script: ScriptedRegistry, source: Sources) -> None:
    kind = "application/vnd.docker.distribution.manifest.v1+prettyjws"
    body = b'{"schemaVersion":1,"name":"p/r","fsLayers":[]}'
    script.on("GET", TAG, 200, body, Content_Type=kind, Docker_Content_Digest=OLD.digest)
    with pytest.raises(UnsupportedImage) as caught:
        source(f"{script.address}/p/r:v1").top()
    assert "schema 1" in caught.value.why


def test_short_manifest_is_read_again(script: ScriptedRegistry, source: Sources) -> None:
    script.on("GET", TAG, Reply(200, DATA, {"Content-Type": TOP.media_type}, cut=100))
    script.on("GET", TAG, 200, DATA, Content_Type=TOP.media_type)
    assert source(f"{script.address}/p/r:v1").top() == TOP


@pytest.mark.parametrize("code", ["MANIFEST_UNKNOWN", "NAME_UNKNOWN"])
def test_missing_image(code: str, script: ScriptedRegistry, source: Sources) -> None:
    script.on("GET", TAG, 404, b'{"errors":[{"code":"%s","message":"not here"}]}' % code.encode())
    with pytest.raises(ImageNotFound) as caught:
        source(f"{script.address}/p/r:v1").top()
    assert caught.value.exit_code == 4
    assert "not here" in caught.value.why


def test_referrers_are_not_asked_for(script: ScriptedRegistry, source: Sources) -> None:
    script.on("GET", TAG, 200, DATA, Content_Type=TOP.media_type)
    source(f"{script.address}/p/r:v1").top()
    assert not script.asked("GET", ".*referrers.*")


# --- what a tag holds ---


def test_head_says_what_the_tag_holds(script: ScriptedRegistry, target: Targets) -> None:
    script.on("HEAD", TAG, _head(OLD))
    assert target(f"{script.address}/p/r:v1").held() == OLD


def test_no_such_tag(script: ScriptedRegistry, target: Targets) -> None:
    script.on("HEAD", TAG, 404)
    assert target(f"{script.address}/p/r:v1").held() is None


@pytest.mark.parametrize("missing", ["Docker-Content-Digest", "Content-Type"])
def test_head_that_says_too_little(missing: str, script: ScriptedRegistry, target: Targets) -> None:
    headers = {k: v for k, v in _head(TOP).headers.items() if k != missing}
    script.on("HEAD", TAG, Reply(200, headers=headers))
    script.on("GET", TAG, 200, DATA, Content_Type=TOP.media_type)
    assert target(f"{script.address}/p/r:v1").held() == TOP


# --- writing ---


def test_tag_is_written_and_looked_at_again(script: ScriptedRegistry, target: Targets) -> None:
    script.on("HEAD", TAG, 404, times=2)
    script.on("PUT", TAG, 201, Docker_Content_Digest=TOP.digest)
    script.on("HEAD", TAG, _head(TOP))
    pushed = target(f"{script.address}/p/r:v1")
    assert pushed.held() is None
    pushed.tag(TOP, DATA)
    put = script.asked("PUT")[0]
    assert put.body == DATA
    assert put.headers["Content-Type"] == TOP.media_type


def test_equal_tag_is_not_written(script: ScriptedRegistry, target: Targets) -> None:
    script.on("HEAD", TAG, _head(TOP), times=2)
    pushed = target(f"{script.address}/p/r:v1")
    pushed.held()
    pushed.tag(TOP, DATA)


def test_tag_moved_between_look_and_write(script: ScriptedRegistry, target: Targets) -> None:
    script.on("HEAD", TAG, _head(OLD))
    script.on("HEAD", TAG, _head(OTHER))
    pushed = target(f"{script.address}/p/r:v1")
    pushed.held()
    with pytest.raises(TagMoved) as caught:
        pushed.tag(TOP, DATA)
    assert caught.value.exit_code == 10
    assert OLD.digest in caught.value.why
    assert OTHER.digest in caught.value.why


def test_tag_moved_after_the_write(script: ScriptedRegistry, target: Targets) -> None:
    script.on("HEAD", TAG, 404, times=2)
    script.on("PUT", TAG, 201)
    script.on("HEAD", TAG, _head(OTHER))
    pushed = target(f"{script.address}/p/r:v1")
    pushed.held()
    with pytest.raises(TagMoved):
        pushed.tag(TOP, DATA)


@pytest.mark.parametrize("before", [Reply(404), _head(OLD)])
def test_tag_that_is_shown_after_a_while(
    before: Reply, script: ScriptedRegistry, target: Targets, waits: Waits
) -> None:
    """Quay: that is not somebody else's doing."""
    script.on("HEAD", TAG, before, times=4)
    script.on("PUT", TAG, 201)
    script.on("HEAD", TAG, _head(TOP))
    pushed = target(f"{script.address}/p/r:v1")
    pushed.held()
    pushed.tag(TOP, DATA)
    assert waits.slept == [0.5, 1.0]


@pytest.mark.parametrize("before", [Reply(404), _head(OLD)])
def test_tag_that_is_never_shown(before: Reply, script: ScriptedRegistry, target: Targets) -> None:
    script.on("HEAD", TAG, before, times=None)
    script.on("PUT", TAG, 201)
    pushed = target(f"{script.address}/p/r:v1")
    pushed.held()
    with pytest.raises(TagNotShown, match="does not show it") as caught:
        pushed.tag(TOP, DATA)
    assert caught.value.exit_code == 8


def test_policy_that_holds_back_what_was_pushed(
    script: ScriptedRegistry, target: Targets, caplog: pytest.LogCaptureFixture
) -> None:
    """Harbor, for an image that is not signed yet: the push was taken."""
    words = b'{"errors":[{"code":"PROJECTPOLICYVIOLATION","message":"not signed by cosign"}]}'
    script.on("HEAD", TAG, 404, times=2)
    script.on("PUT", TAG, 201)
    script.on("HEAD", TAG, 412)
    script.on("GET", TAG, 412, words)
    pushed = target(f"{script.address}/p/r:v1")
    pushed.held()
    pushed.tag(TOP, DATA)
    assert pushed.held() == TOP
    assert "pulls of it are refused until it is signed or scanned" in caplog.text


def test_head_refused_for_an_absent_tag(script: ScriptedRegistry, target: Targets) -> None:
    """Artifactory answers 403 where it means 404."""
    script.on("HEAD", TAG, 403)
    script.on("GET", TAG, 404, b'{"errors":[{"code":"MANIFEST_UNKNOWN"}]}')
    assert target(f"{script.address}/p/r:v1").held() is None


def test_registry_that_stored_something_else(script: ScriptedRegistry, target: Targets) -> None:
    script.on("PUT", f"p/r/manifests/{TOP.digest}", 201, Docker_Content_Digest=OLD.digest)
    with pytest.raises(DigestMismatch):
        target(f"{script.address}/p/r:v1").put_manifest(TOP, DATA)


def test_cut_manifest_put_is_repeated(
    script: ScriptedRegistry, target: Targets, waits: Waits
) -> None:
    script.on("PUT", f"p/r/manifests/{TOP.digest}", Reply(201, cut=-1))
    script.on("PUT", f"p/r/manifests/{TOP.digest}", 201)
    target(f"{script.address}/p/r:v1").put_manifest(TOP, DATA)
    assert [r.body for r in script.requests] == [DATA, DATA]
    assert waits.slept == [0.5]


def test_immutable_tag(script: ScriptedRegistry, target: Targets) -> None:
    words = "Failed to process request due to 'r:v1' configured as immutable."
    body = b'{"errors":[{"code":"PRECONDITION","message":"%s"}]}' % words.encode()
    script.on("PUT", TAG, 412, body)
    script.on("HEAD", TAG, _head(OLD))
    with pytest.raises(TagImmutable) as caught:
        target(f"{script.address}/p/r:v1").tag(TOP, DATA)
    assert caught.value.why == words
    assert caught.value.exit_code == 10


def test_immutable_tag_whose_first_answer_was_lost(
    script: ScriptedRegistry, target: Targets
) -> None:
    body = b'{"errors":[{"code":"PRECONDITION","message":"configured as immutable."}]}'
    script.on("PUT", TAG, Reply(201, cut=-1))
    script.on("PUT", TAG, 412, body)
    script.on("HEAD", TAG, _head(TOP), times=2)
    target(f"{script.address}/p/r:v1").tag(TOP, DATA)


QUOTA = (
    "adding 5 MiB of storage resource, which when updated to current usage of 9 MiB will exceed "
    "the configured upper limit of 10 MiB"
)
REFUSALS = [
    (403, "DENIED", QUOTA, QuotaExceeded),
    (
        *(403, "DENIED"),
        "The system is in read only mode. Any modification is prohibited.",
        ReadOnlyRegistry,
    ),
    (403, "DENIED", "can not push artifact to a proxy project: p", ProxyCacheProject),
    (403, "DENIED", "requested access to the resource is denied", RightMissing),
    (400, "BAD_REQUEST", "invalid repository name", RepositoryWithoutProject),
    (412, "PROJECTPOLICYVIOLATION", "current image with 3 vulnerabilities", PolicyViolation),
    (404, "NAME_UNKNOWN", "repository name not known to registry", ProjectMissing),
    (404, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry", BlobMissing),
    (405, "UNSUPPORTED", "The operation is unsupported.", ReadOnlyRegistry),
    (400, "MANIFEST_INVALID", "manifest invalid", RegistryRefused),
    (401, "UNAUTHORIZED", "project p not found: project p not found", ProjectMissing),
]


@pytest.mark.parametrize(
    ("status", "code", "words", "error"), REFUSALS, ids=[row[3].__name__ for row in REFUSALS]
)
def test_refusals_in_words(
    status: int,
    code: str,
    words: str,
    error: type[KsimageError],
    script: ScriptedRegistry,
    target: Targets,
    waits: Waits,
) -> None:
    body = encode({"errors": [{"code": code, "message": words}]})
    script.on("PUT", f"p/r/manifests/{TOP.digest}", status, body)
    with pytest.raises(error) as caught:
        target(f"{script.address}/p/r:v1").put_manifest(TOP, DATA)
    assert type(caught.value) is error
    assert caught.value.advice or error is RegistryRefused
    assert words in caught.value.why + caught.value.message or error in (
        ProjectMissing,
        BlobMissing,
    )
    assert waits.slept == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'{"errors":null}',
        b'{"errors":[]}',
        b'{"errors":[5]}',
        b'{"errors":[{"message":{"a":1}}]}',
        b'{"errors":{"code":"x"}}',
        b"\xff\xfe\x00",
        b"[" * 100_000,
        b'{"message":"' + b"\\u202e" * 50 + b'"}',
    ],
)
def test_error_bodies_of_any_shape(body: bytes, script: ScriptedRegistry, target: Targets) -> None:
    script.on("PUT", f"p/r/manifests/{TOP.digest}", 400, body)
    with pytest.raises(RegistryRefused) as caught:
        target(f"{script.address}/p/r:v1").put_manifest(TOP, DATA)
    assert caught.value.why.isprintable()


# --- the same against the real registry ---


def _push(pushed: RegistryTarget, memory: MemorySource, top: Descriptor) -> None:
    for digest, data in memory.blobs.items():
        if digest != top.digest:
            pushed.put_blob(Descriptor("", digest, len(data)), memory)
    pushed.tag(top, memory.manifest(top))


@pytest.mark.e2e
@pytest.mark.parametrize("harm", ["lose-answer", "reset-request", "status"])
def test_real_tag_survives(
    harm: str, proxy: FaultProxy, target: Targets, source: Sources, repository: str
) -> None:
    memory = MemorySource()
    top = memory.add_manifest(b"{}", b"layer")
    name = f"{proxy.address}/{repository}:v1"
    proxy.faults.append(Fault(harm, "PUT", "/manifests/", after=10))  # type: ignore[arg-type]
    _push(target(name), memory, top)
    assert source(name).top() == top


@pytest.mark.e2e
def test_real_index_keeps_its_type(
    registry: RunningRegistry, target: Targets, source: Sources, repository: str
) -> None:
    memory = MemorySource()
    amd64 = memory.add_manifest(b'{"a":1}', b"layer")
    arm64 = memory.add_manifest(b'{"a":2}', b"layer")
    index = memory.add_index(("amd64", amd64), ("arm64", arm64))
    pushed = target(f"{registry.address}/{repository}:v1")
    for digest, data in memory.blobs.items():
        if digest not in (amd64.digest, arm64.digest, index.digest):
            pushed.put_blob(Descriptor("", digest, len(data)), memory)
    for manifest in (amd64, arm64):
        pushed.put_manifest(manifest, memory.manifest(manifest))
    assert pushed.held() is None
    pushed.tag(index, memory.manifest(index))
    image = source(f"{registry.address}/{repository}:v1")
    assert image.top() == index
    assert image.manifest(arm64) == memory.manifest(arm64)
    registry.requests()
    # looking at what is up to date: the tag, and both platforms
    again = source(f"{registry.address}/{repository}:v1")
    for descriptor in (again.top(), amd64, arm64):
        again.manifest(descriptor)
    assert len(registry.requests()) == 3


@pytest.mark.e2e
def test_real_manifest_with_a_missing_blob(
    registry: RunningRegistry, target: Targets, repository: str
) -> None:
    memory = MemorySource()
    top = memory.add_manifest(b"{}", b"never sent")
    with pytest.raises(BlobMissing) as caught:
        target(f"{registry.address}/{repository}:v1").tag(top, memory.manifest(top))
    assert "sha256:" in caught.value.message
