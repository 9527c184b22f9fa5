from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.support.images import ImageStore, Recipe, blobs_of, layout

from ksimage.errors import (
    AmbiguousImage,
    CannotRead,
    DigestMismatch,
    ImageNotFound,
    MalformedImage,
    NotOurs,
    UnsupportedImage,
)
from ksimage.images.digest import sha256
from ksimage.images.manifest import MAX_MANIFEST, Descriptor
from ksimage.images.mediatypes import OCI_MANIFEST
from ksimage.locations.oci.folder import LayoutTarget
from ksimage.locations.oci.layout import LayoutSource
from ksimage.locations.transfer import copy


def read_all(source: LayoutSource, descriptor: Descriptor, offset: int = 0) -> bytes:
    with source.blob(descriptor, offset) as chunks:
        return b"".join(chunks)


def config_of(path: Path, digest: str) -> Descriptor:
    config = ImageStore(path).json(digest)["config"]
    return Descriptor(config["mediaType"], config["digest"], config["size"])


class TestSource:
    def test_top_by_ref_only_one_and_digest(self, tmp_path: Path) -> None:
        first = layout(tmp_path, Recipe(), ref="ns:ks-installer:v3.3.2-amd64")
        assert LayoutSource(tmp_path).top().digest == first
        second = layout(tmp_path, Recipe(seed=2, hook=b"x"), ref="other")
        assert LayoutSource(tmp_path, "ns:ks-installer:v3.3.2-amd64").top().digest == first
        assert LayoutSource(tmp_path, digest=second).top().digest == second
        assert LayoutSource(tmp_path, "other", digest=second).top().digest == second
        with pytest.raises(AmbiguousImage) as caught:
            LayoutSource(tmp_path).top()
        assert f"oci:{tmp_path}:other" in " ".join(caught.value.advice)
        with pytest.raises(ImageNotFound) as missing:
            LayoutSource(tmp_path, "nothing").top()
        assert "other" in missing.value.why
        with pytest.raises(ImageNotFound):
            LayoutSource(tmp_path, "other", digest=first).top()

    def test_digest_of_a_platform_that_only_the_index_names(self, tmp_path: Path) -> None:
        top = layout(tmp_path, Recipe(), Recipe(architecture="arm64"))
        entry = ImageStore(tmp_path).json(top)["manifests"][1]
        found = LayoutSource(tmp_path, digest=entry["digest"]).top()
        assert (found.digest, found.media_type) == (entry["digest"], entry["mediaType"])

    def test_name_that_containerd_writes(self, tmp_path: Path) -> None:
        digest = layout(tmp_path, Recipe(), ref="1")
        layout(tmp_path, Recipe(seed=2, hook=b"x"), ref="2")
        index = json.loads((tmp_path / "index.json").read_text())
        index["manifests"][0]["annotations"]["io.containerd.image.name"] = "docker.io/a/b:1"
        (tmp_path / "index.json").write_text(json.dumps(index))
        assert LayoutSource(tmp_path, "docker.io/a/b:1").top().digest == digest

    def test_blob_from_an_offset(self, tmp_path: Path) -> None:
        digest = layout(tmp_path)
        config = config_of(tmp_path, digest)
        source = LayoutSource(tmp_path)
        whole = read_all(source, config)
        assert len(whole) == config.size
        assert read_all(source, config, 10) == whole[10:]

    def test_damaged_blob(self, tmp_path: Path) -> None:
        digest = layout(tmp_path)
        config = config_of(tmp_path, digest)
        ImageStore(tmp_path).corrupt(config.digest)
        with pytest.raises(DigestMismatch):
            read_all(LayoutSource(tmp_path), config)

    def test_nothing_of_a_damaged_small_blob_is_handed_on(self, tmp_path: Path) -> None:
        digest = layout(tmp_path)
        config = config_of(tmp_path, digest)
        ImageStore(tmp_path).corrupt(config.digest)
        with (
            LayoutSource(tmp_path).blob(config) as chunks,
            pytest.raises(DigestMismatch),
        ):
            next(chunks)

    @pytest.mark.parametrize("change", [-1, 1])
    def test_wrong_size(self, tmp_path: Path, change: int) -> None:
        digest = layout(tmp_path)
        config = config_of(tmp_path, digest)
        wrong = Descriptor(config.media_type, config.digest, config.size + change)
        with pytest.raises(DigestMismatch):
            read_all(LayoutSource(tmp_path), wrong)

    def test_missing_blob(self, tmp_path: Path) -> None:
        layout(tmp_path)
        absent = Descriptor(OCI_MANIFEST, "sha256:" + "0" * 64, 5)
        with pytest.raises(MalformedImage, match="not a valid image") as caught:
            LayoutSource(tmp_path).manifest(absent)
        assert "missing" in caught.value.why

    def test_no_layout(self, tmp_path: Path) -> None:
        with pytest.raises(ImageNotFound):
            LayoutSource(tmp_path / "nothing").top()
        with pytest.raises(ImageNotFound):
            LayoutSource(tmp_path).top()
        (tmp_path / "file").write_text("x")
        with pytest.raises(ImageNotFound):
            LayoutSource(tmp_path / "file").top()

    def test_other_version(self, tmp_path: Path) -> None:
        layout(tmp_path)
        (tmp_path / "oci-layout").write_text('{"imageLayoutVersion": "2.0.0"}')
        with pytest.raises(UnsupportedImage):
            LayoutSource(tmp_path).top()

    @pytest.mark.parametrize(
        "index",
        [
            b"",
            b"[]",
            b'{"schemaVersion": 2}',
            b'{"schemaVersion": 2, "manifests": [{"digest": "sha256:../../../etc/passwd"}]}',
            b'{"schemaVersion": 2, "manifests": "' + b"x" * MAX_MANIFEST + b'"}',
        ],
    )
    def test_hostile_index(self, tmp_path: Path, index: bytes) -> None:
        layout(tmp_path)
        (tmp_path / "index.json").write_bytes(index)
        with pytest.raises(MalformedImage):
            LayoutSource(tmp_path).top()

    def test_links_that_lead_outside_are_not_followed(self, tmp_path: Path) -> None:
        digest = layout(tmp_path / "in")
        path = ImageStore(tmp_path / "in").blob_path(config_of(tmp_path / "in", digest).digest)
        path.replace(tmp_path / "outside")
        path.symlink_to("../../../outside")
        with pytest.raises(MalformedImage) as caught:
            read_all(LayoutSource(tmp_path / "in"), config_of_moved(tmp_path / "in", digest))
        assert "leads out" in caught.value.why

    def test_links_within_are(self, tmp_path: Path) -> None:
        digest = layout(tmp_path / "in")
        (tmp_path / "in" / "blobs").rename(tmp_path / "in" / "store")
        (tmp_path / "in" / "blobs").symlink_to("store")
        (tmp_path / "link").symlink_to("in")
        assert LayoutSource(tmp_path / "link").top().digest == digest

    def test_pipe_does_not_hang(self, tmp_path: Path) -> None:
        layout(tmp_path)
        (tmp_path / "index.json").unlink()
        os.mkfifo(tmp_path / "index.json")
        with pytest.raises(MalformedImage):
            LayoutSource(tmp_path).top()

    def test_loop_of_links(self, tmp_path: Path) -> None:
        layout(tmp_path)
        (tmp_path / "index.json").unlink()
        (tmp_path / "index.json").symlink_to("index.json")
        with pytest.raises(CannotRead):
            LayoutSource(tmp_path).top()


def config_of_moved(path: Path, digest: str) -> Descriptor:
    config = json.loads((path / "blobs/sha256" / digest.removeprefix("sha256:")).read_text())
    return Descriptor(
        config["config"]["mediaType"], config["config"]["digest"], config["config"]["size"]
    )


class TestTarget:
    def test_round_trip_and_second_time(self, tmp_path: Path) -> None:
        digest = layout(tmp_path / "in", Recipe(), Recipe(architecture="arm64", seed=2))
        target = LayoutTarget(tmp_path / "out", "v3.3.2-debug")
        assert target.held() is None
        result = copy(LayoutSource(tmp_path / "in"), target)
        target.close()
        assert result.digest == digest
        assert {t.outcome.value for t in result.transfers} == {"sent"}
        assert result.sent == sum(t.descriptor.size for t in result.transfers)
        names_in = [path.name for path in blobs_of(tmp_path / "in")]
        assert [path.name for path in blobs_of(tmp_path / "out")] == names_in
        for path in blobs_of(tmp_path / "out"):
            assert path.read_bytes() == (tmp_path / "in/blobs/sha256" / path.name).read_bytes()

        again = LayoutTarget(tmp_path / "out", "v3.3.2-debug")
        held = again.held()
        assert held is not None
        assert held.digest == digest
        result = copy(LayoutSource(tmp_path / "in"), again)
        assert {t.outcome.value for t in result.transfers} == {"present"}
        assert result.sent == 0

    def test_other_refs_and_unknown_fields_stay(self, tmp_path: Path) -> None:
        kept = layout(tmp_path / "out", Recipe(seed=7, hook=b"kept"), ref="kept")
        layout(tmp_path / "out", Recipe(seed=8, hook=b"old"), ref="moved")
        index = json.loads((tmp_path / "out" / "index.json").read_text())
        index["annotations"] = {"mine": "yes"}
        index["manifests"][0]["x-unknown"] = 1
        (tmp_path / "out" / "index.json").write_text(json.dumps(index))
        digest = layout(tmp_path / "in")
        copy(LayoutSource(tmp_path / "in"), LayoutTarget(tmp_path / "out", "moved"))
        after = json.loads((tmp_path / "out" / "index.json").read_text())
        assert after["annotations"] == {"mine": "yes"}
        assert [entry["digest"] for entry in after["manifests"]] == [kept, digest]
        assert after["manifests"][0]["x-unknown"] == 1

    def test_without_a_name_the_nameless_one_is_replaced(self, tmp_path: Path) -> None:
        layout(tmp_path / "a", Recipe())
        layout(tmp_path / "b", Recipe(hook=b"b"))
        copy(LayoutSource(tmp_path / "a"), LayoutTarget(tmp_path / "out"))
        result = copy(LayoutSource(tmp_path / "b"), LayoutTarget(tmp_path / "out"))
        assert LayoutSource(tmp_path / "out").top().digest == result.digest

    def test_never_tagged_leaves_nothing(self, tmp_path: Path) -> None:
        digest = layout(tmp_path / "in")
        target = LayoutTarget(tmp_path / "out", "x")
        target.put_blob(config_of(tmp_path / "in", digest), LayoutSource(tmp_path / "in"))
        assert (tmp_path / "out").exists()
        target.close()
        target.close()
        assert not (tmp_path / "out").exists()

    def test_failure_leaves_another_image_alone(self, tmp_path: Path) -> None:
        held = layout(tmp_path / "out", ref="x")
        digest = layout(tmp_path / "in", Recipe(hook=b"new"))
        source = ImageStore(tmp_path / "in")
        source.corrupt(source.json(digest)["layers"][4]["digest"])
        target = LayoutTarget(tmp_path / "out", "x")
        with pytest.raises(DigestMismatch):
            copy(LayoutSource(tmp_path / "in"), target)
        target.close()
        assert LayoutSource(tmp_path / "out", "x").top().digest == held
        assert not list((tmp_path / "out").glob(".ksimage-*"))

    def test_foreign_folder_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out" / "thesis.txt").write_text("x")
        (tmp_path / "file").write_text("x")
        for path in (tmp_path / "out", tmp_path / "file"):
            with pytest.raises(NotOurs) as caught:
                LayoutTarget(path, "x").held()
            assert caught.value.exit_code == 14
        layout(tmp_path / "in")
        with pytest.raises(NotOurs):
            copy(LayoutSource(tmp_path / "in"), LayoutTarget(tmp_path / "out", "x"))
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["thesis.txt"]

    def test_empty_folder_is_taken(self, tmp_path: Path) -> None:
        layout(tmp_path / "in")
        (tmp_path / "out").mkdir()
        copy(LayoutSource(tmp_path / "in"), LayoutTarget(tmp_path / "out", "x"))
        assert LayoutSource(tmp_path / "out", "x").top().digest


WRITER = """
import os, sys, time
from pathlib import Path
from ksimage.locations.oci.folder import LayoutTarget
from ksimage.locations.oci.layout import LayoutSource
from ksimage.locations.transfer import copy

class Slow(LayoutSource):
    def blob(self, descriptor, offset=0):
        import contextlib
        @contextlib.contextmanager
        def slowly():
            with super(Slow, self).blob(descriptor, offset) as chunks:
                def dripping():
                    for chunk in chunks:
                        yield chunk[:10]
                        os.write(1, b"writing\\n")
                        time.sleep(60)
                yield dripping()
        return slowly()

copy(Slow(Path(sys.argv[1])), LayoutTarget(Path(sys.argv[2]), "new"))
"""


def test_killed_while_writing(tmp_path: Path) -> None:
    """What a SIGKILL leaves is a valid layout, and the next run removes the debris."""
    held = layout(tmp_path / "out", ref="old")
    layout(tmp_path / "in", Recipe(hook=b"new"))
    command = [sys.executable, "-c", WRITER, str(tmp_path / "in"), str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"writing\n"
            staged = list((tmp_path / "out").glob(".ksimage-*.part"))
            assert staged
            # A second writer must not take the living one's files for debris.
            copy(LayoutSource(tmp_path / "in"), LayoutTarget(tmp_path / "out", "meanwhile"))
            assert all(path.exists() for path in staged)
        finally:
            process.send_signal(signal.SIGKILL)
    assert LayoutSource(tmp_path / "out", "old").top().digest == held
    with pytest.raises(ImageNotFound):
        LayoutSource(tmp_path / "out", "new").top()
    copy(LayoutSource(tmp_path / "in"), LayoutTarget(tmp_path / "out", "new"))
    assert not list((tmp_path / "out").glob(".ksimage-*.part"))
    for path in blobs_of(tmp_path / "out"):
        assert len(path.name) == 64


def test_two_writers_lose_no_entry(tmp_path: Path) -> None:
    layout(tmp_path / "in")
    script = (
        "import sys; from pathlib import Path\n"
        "from ksimage.locations.oci.folder import LayoutTarget\n"
        "from ksimage.locations.oci.layout import LayoutSource\n"
        "from ksimage.locations.transfer import copy\n"
        "for n in range(10):\n"
        "    copy(LayoutSource(Path(sys.argv[1])), LayoutTarget(Path(sys.argv[2]), "
        "f'{sys.argv[3]}{n}'))\n"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", script, f"{tmp_path}/in", f"{tmp_path}/out", name])
        for name in ("a", "b")
    ]
    deadline = time.monotonic() + 60
    assert [process.wait(deadline - time.monotonic()) for process in started] == [0, 0]
    assert len(LayoutSource(tmp_path / "out").names()) == 20


def test_many_writers_of_a_new_layout(tmp_path: Path) -> None:
    """Each finds the folder missing, half made or made, and none takes it for a stranger's."""
    data = b'{"schemaVersion":2}'
    descriptor = Descriptor(OCI_MANIFEST, sha256(data), len(data))

    def write(place: tuple[Path, int]) -> None:
        target = LayoutTarget(place[0], f"v{place[1]}")
        target.tag(descriptor, data)
        target.close()

    for round_ in range(20):
        path = tmp_path / str(round_)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(write, [(path, number) for number in range(8)]))
        assert len(LayoutSource(path).entries()) == 8
