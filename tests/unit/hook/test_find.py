"""The hook in an image: found or refused, whatever the layers above it say."""

from __future__ import annotations

import hashlib
import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.images import (
    HOOK,
    HOOK_PATH,
    MANIFEST_TYPE,
    Entry,
    ImageStore,
    Recipe,
    Step,
    directory,
    layout,
)

from ksimage.base.images import read_images
from ksimage.errors import (
    DigestMismatch,
    HookNotFound,
    KsimageError,
    MalformedImage,
)
from ksimage.hook import layers as hook_module
from ksimage.hook.find import find_hook
from ksimage.hook.layers import Hook
from ksimage.locations.oci.layout import LayoutSource
from ksimage.upstream import releases

OTHER = b"#!/usr/bin/env python3\nprint('other')\n"


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> None:
    """The miniature hook counts as upstream's, so that the history is believed."""
    known = hashlib.sha256(HOOK).hexdigest()
    monkeypatch.setattr(releases, "by_hook", lambda sha256: ("one",) if sha256 == known else ())


def found(path: Path, **options: Any) -> Hook:
    source = LayoutSource(path, "v3.3.2")
    images = read_images(source)
    return find_hook(source, images.images[0], **options)


def built(path: Path, *steps: Step, recipe: Recipe = Recipe()) -> Path:  # noqa: B008 (frozen)
    """An image of exactly these steps."""

    class Exactly(Recipe):
        def steps(self) -> list[Step]:
            return list(steps)

    layout(path, Exactly(**{key: getattr(recipe, key) for key in ("family", "compression")}))
    return path


def hook(data: bytes = HOOK, **fields: Any) -> Entry:
    return replace(Entry(HOOK_PATH, data, 0o755, 1002, 1002), **fields)


def layers_read(caplog: pytest.LogCaptureFixture) -> list[str]:
    messages = [record.getMessage() for record in caplog.records]
    return [text.split()[2] for text in messages if text.startswith("reading layer ")]


class TestPublishedShapes:
    @pytest.mark.parametrize("compression", ["gzip", "none", "zstd"])
    @pytest.mark.parametrize("family", ["docker", "oci"])
    @pytest.mark.parametrize(("shape", "owner"), [("add", 0), ("chown", 1002)])
    def test_found(
        self, tmp_path: Path, shape: Any, family: Any, compression: Any, owner: int
    ) -> None:
        layout(tmp_path, Recipe(shape=shape, family=family, compression=compression))
        hook = found(tmp_path)
        assert (hook.data, hook.mode, hook.uid, hook.gid) == (HOOK, 0o755, owner, owner)
        assert set(hook.parents) == {"hooks", "hooks/kubesphere"}

    @pytest.mark.parametrize(("shape", "read"), [("chown", ["6/9", "5/9"]), ("add", ["3/6"])])
    def test_only_layers_that_may_hold_it_are_read(
        self,
        tmp_path: Path,
        shape: Any,
        read: list[str],
        upstream: None,
        caplog: pytest.LogCaptureFixture,
    ) -> None:
        caplog.set_level(logging.INFO, "ksimage")
        layout(tmp_path, Recipe(shape=shape))
        found(tmp_path)
        assert layers_read(caplog) == read

    def test_a_hook_that_is_not_upstreams_is_looked_for_everywhere_above(
        self, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.INFO, "ksimage")
        layout(tmp_path)
        found(tmp_path)
        assert sorted(layers_read(caplog)) == ["5/9", "6/9", "7/9", "8/9", "9/9"]


class TestNotUsable:
    @pytest.mark.parametrize("shape", ["add", "chown"])
    @pytest.mark.parametrize(
        ("variant", "reason"),
        [
            ("no-hook", "no layer holds that file"),
            ("whiteout", "a later layer deleted it"),
            ("whiteout-parent", "a later layer deleted it"),
            ("opaque", "a later layer deleted it"),
            ("symlink", "no regular file but a symbolic link"),
            ("hardlink", "no regular file but a hard link"),
            ("directory", "no regular file but a directory"),
            ("fifo", "no regular file but a named pipe"),
            ("parent-symlink", "/hooks/kubesphere is no directory but a symbolic link"),
        ],
    )
    def test_hook(self, tmp_path: Path, shape: Any, variant: Any, reason: str) -> None:
        layout(tmp_path, Recipe(shape=shape, variant=variant))
        with pytest.raises(HookNotFound) as caught:
            found(tmp_path)
        assert reason in caught.value.why
        assert caught.value.exit_code == 4

    @pytest.mark.parametrize(
        ("variant", "kind", "reason"),
        [
            ("truncated", MalformedImage, "ends"),
            ("bomb", MalformedImage, "bomb"),
            ("wrong-diff-ids", DigestMismatch, "diff ID"),
            ("many-layers", MalformedImage, "at most 512"),
        ],
    )
    def test_image(
        self,
        tmp_path: Path,
        variant: Any,
        kind: type[KsimageError],
        reason: str,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr("ksimage.images.compression.BOUND", 8 << 20)
        layout(tmp_path, Recipe(variant=variant, bomb=16 << 20))
        with pytest.raises(kind) as caught:
            found(tmp_path)
        assert reason in caught.value.why
        assert caught.value.exit_code == 11

    @pytest.mark.parametrize("name", [".wh.hooks", ".wh..wh..opq", "hooks/.wh..wh..opq"])
    def test_hidden_from_above(self, tmp_path: Path, name: str) -> None:
        built(tmp_path, Step("ADD a /", (hook(),)), Step("RUN rm", (Entry(name),)))
        with pytest.raises(HookNotFound, match="no usable"):
            found(tmp_path)

    def test_corrupt_blob(self, tmp_path: Path) -> None:
        layout(tmp_path)
        store = ImageStore(tmp_path)
        source = LayoutSource(tmp_path, "v3.3.2")
        store.corrupt(read_images(source).images[0].manifest.layers[5].digest)
        with pytest.raises(MalformedImage):
            found(tmp_path)

    def test_wrong_size(self, tmp_path: Path) -> None:
        layout(tmp_path)
        store = ImageStore(tmp_path)
        layer = read_images(LayoutSource(tmp_path, "v3.3.2")).images[0].manifest.layers[5].digest
        with store.blob_path(layer).open("ab") as file:
            file.write(b"x")
        with pytest.raises(DigestMismatch):
            found(tmp_path)

    def test_huge_hook(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(hook_module, "MAX_HOOK", 100)
        layout(tmp_path)
        with pytest.raises(MalformedImage) as caught:
            found(tmp_path)
        assert "at most 100" in caught.value.why

    def test_sparse_hook(self, tmp_path: Path) -> None:
        from tests.unit.images.raw import END, header, padded, pax

        tar = tmp_path / "sparse.tar"
        records = ((b"GNU.sparse.major", b"1"), (b"GNU.sparse.name", HOOK_PATH.encode()))
        tar.write_bytes(pax(*records) + header(b"x", size=4) + padded(b"0\n12") + END)
        built(tmp_path / "image", Step("RUN x", tar=tar))
        with pytest.raises(HookNotFound) as caught:
            found(tmp_path / "image")
        assert "sparse file" in caught.value.why


class TestBehindTheHook:
    """Once the hook is upstream's, the rest of its layer is hashed and not decompressed."""

    @staticmethod
    def damaged(path: Path) -> Path:
        """An image whose layer ends within the file behind the hook."""
        from tests.unit.images.raw import file, header

        tar = path / "cut.tar"
        tar.write_bytes(file(HOOK_PATH.encode(), HOOK) + header(b"x", size=9999))
        return built(path / "image", Step("RUN x", tar=tar))

    @pytest.mark.usefixtures("upstream")
    def test_is_not_looked_at(self, tmp_path: Path) -> None:
        assert found(self.damaged(tmp_path)).data == HOOK

    @pytest.mark.usefixtures("upstream")
    def test_is_looked_at_by_proofs(self, tmp_path: Path) -> None:
        image = self.damaged(tmp_path)
        with pytest.raises(MalformedImage) as caught:
            found(image, believe_history=False)
        assert "ends within a file" in caught.value.why

    def test_is_looked_at_when_the_hook_is_not_known(self, tmp_path: Path) -> None:
        image = self.damaged(tmp_path)
        with pytest.raises(MalformedImage) as caught:
            found(image)
        assert "ends within a file" in caught.value.why

    @pytest.mark.usefixtures("upstream")
    @pytest.mark.parametrize("size", [1, 3 << 20])
    def test_is_hashed(self, tmp_path: Path, size: int) -> None:
        """A flipped bit far behind the hook: its mode and owner may be wrong as well."""
        entries = (hook(), Entry("shell-operator", bytes(range(256)) * (size // 256 + 1)))
        built(tmp_path, Step("RUN x", entries), recipe=Recipe(compression="none"))
        digest = read_images(LayoutSource(tmp_path, "v3.3.2")).images[0].manifest.layers[0].digest
        assert found(tmp_path).data == HOOK
        with ImageStore(tmp_path).blob_path(digest).open("r+b") as blob:
            blob.seek(-1025, 2)
            blob.write(b"\xff")
        with pytest.raises(DigestMismatch):
            found(tmp_path)


class TestLayersInOrder:
    def test_added_again_above_a_whiteout(self, tmp_path: Path) -> None:
        built(
            tmp_path,
            Step("ADD a /", (hook(OTHER),)),
            Step("RUN rm", (Entry("hooks/.wh.kubesphere"),)),
            Step("RUN again", (directory("hooks/kubesphere"), hook())),
        )
        assert found(tmp_path).data == HOOK

    @pytest.mark.parametrize("opaque_first", [True, False])
    def test_opaque_hides_only_what_is_below(self, tmp_path: Path, opaque_first: bool) -> None:
        """image-spec layer.md: a whiteout does not apply to its own layer."""
        mark = Entry("hooks/kubesphere/.wh..wh..opq")
        entries = (mark, hook()) if opaque_first else (hook(), mark)
        built(tmp_path, Step("ADD a /", (hook(OTHER),)), Step("RUN x", entries))
        assert found(tmp_path).data == HOOK

    def test_the_last_of_equal_names_counts(self, tmp_path: Path) -> None:
        built(tmp_path, Step("RUN x", (hook(OTHER), hook())))
        assert found(tmp_path).data == HOOK

    def test_a_link_over_the_file_counts(self, tmp_path: Path) -> None:
        link = hook(b"", kind="symlink", link="/etc/passwd")
        built(tmp_path, Step("RUN x", (hook(), link)))
        with pytest.raises(HookNotFound, match="no usable"):
            found(tmp_path)

    def test_whiteout_of_something_else(self, tmp_path: Path) -> None:
        names = ("hooks/kubesphere/.wh.installRunner.py.orig", "hooks/.wh.kube", "x/.wh.hooks")
        built(
            tmp_path,
            Step("ADD a /", (hook(),)),
            Step("RUN rm", tuple(Entry(name) for name in names)),
        )
        assert found(tmp_path).data == HOOK

    def test_foreign_layers_are_not_fetched(self, tmp_path: Path) -> None:
        store = ImageStore(tmp_path)
        layout(tmp_path)
        source = LayoutSource(tmp_path, "v3.3.2")
        manifest = store.json(source.top().digest)
        manifest["layers"][0]["mediaType"] = (
            "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
        )
        store.blob_path(manifest["layers"][0]["digest"]).unlink()
        digest, size = store.put(json.dumps(manifest).encode())
        store.tag({"mediaType": MANIFEST_TYPE["docker"], "digest": digest, "size": size}, "v3.3.2")
        assert found(tmp_path).data == HOOK


class TestHistory:
    LIE = "ADD roles /kubesphere/installer/roles # buildkit"

    def test_the_only_hook_is_where_history_rules_it_out(
        self, tmp_path: Path, upstream: None
    ) -> None:
        built(tmp_path, Step("RUN x", (directory("etc"),)), Step(self.LIE, (hook(),)))
        assert found(tmp_path).data == HOOK

    def test_a_lie_above_a_hook_of_somebody_else(self, tmp_path: Path, upstream: None) -> None:
        built(tmp_path, Step("ADD a /", (hook(OTHER),)), Step(self.LIE, (hook(),)))
        assert found(tmp_path).data == HOOK

    def test_believed_or_not(self, tmp_path: Path, upstream: None) -> None:
        """Building may believe it: what is built lies on top. Proving does not."""
        built(tmp_path, Step("ADD a /", (hook(),)), Step(self.LIE, (hook(OTHER),)))
        assert found(tmp_path).data == HOOK
        assert found(tmp_path, believe_history=False).data == OTHER

    def test_deleted_where_history_rules_it_out(self, tmp_path: Path) -> None:
        mark = Entry("hooks/kubesphere/.wh.installRunner.py")
        built(tmp_path, Step("ADD a /", (hook(OTHER),)), Step(self.LIE, (mark,)))
        with pytest.raises(HookNotFound, match="no usable"):
            found(tmp_path)

    def test_put_back_where_history_rules_it_out(self, tmp_path: Path, upstream: None) -> None:
        mark = Entry("hooks/kubesphere/.wh.installRunner.py")
        built(tmp_path, Step("RUN rm", (mark,)), Step(self.LIE, (hook(),)))
        assert found(tmp_path).data == HOOK

    def test_wrong_count_is_not_believed(self, tmp_path: Path, upstream: None) -> None:
        built(tmp_path, Step("ADD a /", (hook(OTHER),)), Step(self.LIE, (hook(),)))
        store = ImageStore(tmp_path)
        manifest = store.json(LayoutSource(tmp_path, "v3.3.2").top().digest)
        config = store.json(manifest["config"]["digest"])
        config["history"].append({"created_by": "COPY a /b # buildkit"})
        digest, size = store.put(json.dumps(config).encode())
        manifest["config"].update(digest=digest, size=size)
        digest, size = store.put(json.dumps(manifest).encode())
        store.tag({"mediaType": MANIFEST_TYPE["docker"], "digest": digest, "size": size}, "v3.3.2")
        assert found(tmp_path).data == HOOK
