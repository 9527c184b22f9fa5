from __future__ import annotations

import json
import signal
import threading
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.support.images import ImageStore, Recipe, layout

from ksimage.errors import (
    DigestMismatch,
    MalformedImage,
    PlatformNotFound,
    UnsupportedImage,
)
from ksimage.images.manifest import Descriptor
from ksimage.locations.docker.archive import DockerArchiveTarget
from ksimage.locations.oci.folder import LayoutTarget
from ksimage.locations.oci.layout import LayoutSource
from ksimage.locations.protocol import Transfer
from ksimage.locations.transfer import copy, mend, of_platform


class Recorder:
    max_jobs = None

    """A target that notes the order of what it is given."""

    def __init__(self, path: Path) -> None:
        self._inner = LayoutTarget(path, "x")
        self.name = self._inner.name
        self.calls: list[tuple[str, str]] = []
        self.at_once = self.most = 0
        self._guard = threading.Lock()

    def platform(self) -> str | None:
        return None

    def held(self) -> Descriptor | None:
        return self._inner.held()

    def put_blob(self, descriptor: Descriptor, source: Any) -> Transfer:
        with self._guard:
            self.at_once += 1
            self.most = max(self.most, self.at_once)
        time.sleep(0.01)
        transfer = self._inner.put_blob(descriptor, source)
        with self._guard:
            self.at_once -= 1
            self.calls.append(("blob", descriptor.digest))
        return transfer

    def put_manifest(self, descriptor: Descriptor, data: bytes) -> None:
        self.calls.append(("manifest", descriptor.digest))
        self._inner.put_manifest(descriptor, data)

    def tag(self, descriptor: Descriptor, data: bytes) -> None:
        self.calls.append(("tag", descriptor.digest))
        self._inner.tag(descriptor, data)

    def close(self) -> None:
        self._inner.close()


def test_order_and_parallelism(tmp_path: Path) -> None:
    top = layout(tmp_path / "in", Recipe(), Recipe(architecture="arm64", seed=2), attestations=True)
    target = Recorder(tmp_path / "out")
    result = copy(LayoutSource(tmp_path / "in"), target)
    kinds = [kind for kind, _ in target.calls]
    blobs, manifests = kinds.count("blob"), kinds.count("manifest")
    assert kinds == ["blob"] * blobs + ["manifest"] * manifests + ["tag"]
    assert target.calls[-1] == ("tag", top)
    assert manifests == 4  # two platforms and their attestations
    assert len(result.transfers) == blobs == len({digest for _, digest in target.calls[:blobs]})
    assert 1 < target.most <= 4
    alone = Recorder(tmp_path / "alone")
    copy(LayoutSource(tmp_path / "in"), alone, jobs=1)
    assert alone.most == 1


@pytest.mark.parametrize("jobs", [1, 4])
def test_configs_come_after_every_layer(tmp_path: Path, jobs: int) -> None:
    """Whatever takes how long: a config that is there has its layers."""
    recipes = [Recipe(), Recipe(architecture="arm64", hook=b"#!/usr/bin/env python3\n")]
    top = layout(tmp_path / "in", *recipes, attestations=True)
    store = ImageStore(tmp_path / "in")
    manifests = [store.json(entry["digest"]) for entry in store.json(top)["manifests"]]
    configs = {manifest["config"]["digest"] for manifest in manifests}
    largest = max((layer for m in manifests for layer in m["layers"]), key=lambda e: e["size"])

    class Slow(Recorder):
        def put_blob(self, descriptor: Descriptor, source: Any) -> Transfer:
            if descriptor.digest == largest["digest"]:
                time.sleep(0.3)
            return super().put_blob(descriptor, source)

    target = Slow(tmp_path / "out")
    result = copy(LayoutSource(tmp_path / "in"), target, jobs=jobs)
    order = [digest in configs for kind, digest in target.calls if kind == "blob"]
    assert order == [False] * (len(order) - len(configs)) + [True] * len(configs)
    assert [t.descriptor.digest in configs for t in result.transfers] == order


def test_first_error_stops_the_rest_and_tags_nothing(tmp_path: Path) -> None:
    digest = layout(tmp_path / "in", Recipe(padding=8 << 20))
    store = ImageStore(tmp_path / "in")
    store.corrupt(store.json(digest)["layers"][1]["digest"])
    target = Recorder(tmp_path / "out")
    with pytest.raises(DigestMismatch):
        copy(LayoutSource(tmp_path / "in"), target, jobs=2)
    target.close()
    assert {kind for kind, _ in target.calls} <= {"blob"}
    assert len(target.calls) < len(store.json(digest)["layers"])
    assert not (tmp_path / "out").exists()


class Interrupted(LayoutSource):
    """Ctrl-C arrives while blobs are on their way."""

    @contextmanager
    def blob(self, descriptor: Descriptor, offset: int = 0) -> Iterator[Iterator[bytes]]:
        with super().blob(descriptor, offset) as chunks:
            yield self._slow(chunks)

    @staticmethod
    def _slow(chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            for byte in chunk[:200]:
                time.sleep(0.005)
                yield bytes([byte])
            yield chunk[200:]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_interrupt_ends_soon_and_leaves_nothing(tmp_path: Path) -> None:
    layout(tmp_path / "in", Recipe())
    for attempt in range(5):  # Python itself loses one that comes in a weak reference's callback
        out = tmp_path / f"out{attempt}"
        target = LayoutTarget(out, "x")
        signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        started = time.monotonic()
        try:
            copy(Interrupted(tmp_path / "in"), target)
        except KeyboardInterrupt:
            break
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            target.close()
    else:
        pytest.fail("it was never interrupted")
    assert time.monotonic() - started < 0.7  # a layer takes a second
    assert not out.exists()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("blob")]


def test_progress_adds_up(tmp_path: Path) -> None:
    digest = layout(tmp_path / "in", Recipe(padding=2 << 20))
    manifest = ImageStore(tmp_path / "in").json(digest)
    sizes = {entry["digest"]: entry["size"] for entry in [manifest["config"], *manifest["layers"]]}

    class Seen:
        def __init__(self) -> None:
            self.started: list[str] = []
            self.bytes: dict[str, int] = {}
            self.finished: list[str] = []

        def start(self, descriptor: Descriptor) -> None:
            self.started.append(descriptor.digest)

        def advance(self, descriptor: Descriptor, count: int) -> None:
            self.bytes[descriptor.digest] = self.bytes.get(descriptor.digest, 0) + count

        def done(self, transfer: Transfer) -> None:
            self.finished.append(transfer.descriptor.digest)

    seen = Seen()
    copy(LayoutSource(tmp_path / "in"), LayoutTarget(tmp_path / "out", "x"), progress=seen)
    assert seen.bytes == sizes
    assert sorted(seen.started) == sorted(seen.finished) == sorted(sizes)


def test_memory_is_bounded(tmp_path: Path) -> None:
    layout(tmp_path / "in", Recipe(padding=64 << 20, compression="none"))
    tracemalloc.start()
    try:
        copy(LayoutSource(tmp_path / "in"), LayoutTarget(tmp_path / "out", "x"))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20


class TestPlatforms:
    def test_one_platform_of_an_index(self, tmp_path: Path) -> None:
        top = layout(tmp_path / "in", Recipe(), Recipe(architecture="arm64"), attestations=True)
        entry = ImageStore(tmp_path / "in").json(top)["manifests"][1]
        source = LayoutSource(tmp_path / "in")
        chosen = of_platform(source, "out", "linux/arm64")
        result = copy(chosen, LayoutTarget(tmp_path / "out", "x"))
        assert result.digest == entry["digest"]

    def test_missing_platform(self, tmp_path: Path) -> None:
        layout(tmp_path / "in", Recipe(), Recipe(architecture="arm64"))
        with pytest.raises(PlatformNotFound):
            of_platform(LayoutSource(tmp_path / "in"), "o", "linux/s390x")

    def test_single_platform_target_takes_the_only_one(self, tmp_path: Path) -> None:
        top = layout(tmp_path / "in", Recipe(), attestations=True)
        store = ImageStore(tmp_path / "in")
        target = DockerArchiveTarget(tmp_path / "d.tar", "a:1")
        result = copy(LayoutSource(tmp_path / "in"), target)
        assert result.digest == store.json(top)["manifests"][0]["digest"]


def rewritten(path: Path, digest: str, change: Any) -> None:
    """Change the named image's manifest or index and name the result instead."""
    store = ImageStore(path)
    document = store.json(digest)
    change(document)
    new, size = store.put(json.dumps(document).encode())
    store.tag({"mediaType": document["mediaType"], "digest": new, "size": size}, "v3.3.2")


def test_nested_index_is_refused(tmp_path: Path) -> None:
    inner = layout(tmp_path / "in", Recipe(), Recipe(architecture="arm64"))
    kind = "application/vnd.docker.distribution.manifest.list.v2+json"
    size = len(ImageStore(tmp_path / "in").read(inner))
    entry = {"mediaType": kind, "digest": inner, "size": size}
    rewritten(tmp_path / "in", inner, lambda document: document.update(manifests=[entry]))
    with pytest.raises(UnsupportedImage):
        copy(LayoutSource(tmp_path / "in"), LayoutTarget(tmp_path / "out", "x"))


def test_foreign_layers_stay_where_they_are(tmp_path: Path) -> None:
    digest = layout(tmp_path / "in")
    kind = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    foreign = {
        "mediaType": kind,
        "digest": "sha256:" + "f" * 64,
        "size": 1000,
        "urls": ["https://example.com/layer"],
    }
    rewritten(tmp_path / "in", digest, lambda document: document["layers"].insert(0, foreign))
    result = copy(LayoutSource(tmp_path / "in"), LayoutTarget(tmp_path / "out", "x"))
    assert [layer.digest for layer in result.skipped] == [foreign["digest"]]
    assert foreign["digest"] not in {t.descriptor.digest for t in result.transfers}
    target = DockerArchiveTarget(tmp_path / "d.tar", "a:1")
    with pytest.raises(UnsupportedImage):
        copy(LayoutSource(tmp_path / "in"), target)
    target.close()
    assert not (tmp_path / "d.tar").exists()


def test_foreign_layer_without_an_address_is_missing(tmp_path: Path) -> None:
    digest = layout(tmp_path / "in")
    kind = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
    foreign = {"mediaType": kind, "digest": "sha256:" + "f" * 64, "size": 1000}
    rewritten(tmp_path / "in", digest, lambda document: document["layers"].insert(0, foreign))
    with pytest.raises(MalformedImage):
        copy(LayoutSource(tmp_path / "in"), LayoutTarget(tmp_path / "out", "x"))


def test_mend_puts_what_was_lost(tmp_path: Path) -> None:
    top = layout(tmp_path / "in", Recipe(), Recipe(architecture="arm64", seed=2))
    source = LayoutSource(tmp_path / "in")
    copy(source, LayoutTarget(tmp_path / "out", "x"))
    store = ImageStore(tmp_path / "out")
    lost = store.json(store.json(top)["manifests"][1]["digest"])["layers"][-1]["digest"]
    store.blob_path(lost).unlink()
    target = LayoutTarget(tmp_path / "out", "x")
    assert mend(source, target, top=source.top()) == 1
    assert store.blob_path(lost).exists()
    assert mend(source, target, top=source.top()) == 0
