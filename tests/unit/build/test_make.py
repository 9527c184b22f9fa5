"""From plan to image: direct engine, proofs before anything is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support import derived
from tests.support.images import ImageStore, Recipe

from ksimage.build import make
from ksimage.errors import ProofFailed
from ksimage.images import config as image_config
from ksimage.images.digest import sha256
from ksimage.images.layer import LayerFile
from ksimage.images.manifest import Descriptor
from ksimage.images.mediatypes import OCI_INDEX
from ksimage.locations.oci.layout import LayoutSource
from ksimage.locations.views import OverlaySource


class TestDirect:
    def test_index_in_index_out(self, tmp_path: Path) -> None:
        recipes = (Recipe(architecture="arm64", family="oci"), Recipe(family="oci"))
        source = derived.base(tmp_path / "base", *recipes, attestations=True)
        with derived.planned(source) as plan:
            done = derived.publish_plan(plan, f"oci:{tmp_path / 'out'}:t")
        found = ImageStore(tmp_path / "out").json(done.top.digest)
        platforms = [entry["platform"]["architecture"] for entry in found["manifests"]]
        assert (found["mediaType"], platforms) == (OCI_INDEX, ["arm64", "amd64"])
        assert found["annotations"]["io.ksimage.release"] == "v3.3.2"

    def test_an_index_of_one_stays_an_index(self, tmp_path: Path) -> None:
        source = derived.base(tmp_path / "base", attestations=True)
        with derived.planned(source) as plan:
            done = derived.publish_plan(plan, f"oci:{tmp_path / 'out'}:t")
        assert done.top.media_type == OCI_INDEX

    @pytest.mark.parametrize("shape", ["add", "chown"])
    @pytest.mark.parametrize("family", ["docker", "oci"])
    @pytest.mark.parametrize("compression", ["gzip", "none", "zstd"])
    def test_every_kind_of_base(
        self, tmp_path: Path, shape: Any, family: Any, compression: Any
    ) -> None:
        recipe = Recipe(shape=shape, family=family, compression=compression)
        with derived.planned(derived.base(tmp_path / "base", recipe)) as plan:
            done = derived.publish_plan(plan, f"oci:{tmp_path / 'out'}:t")
        store = ImageStore(tmp_path / "out")
        manifest = store.json(done.top.digest)
        config = store.json(manifest["config"]["digest"])
        original = plan.platforms[0].image
        assert [x["digest"] for x in manifest["layers"][:-1]] == [
            layer.digest for layer in original.manifest.layers
        ]
        layers = [entry for entry in config["history"] if not entry.get("empty_layer")]
        assert len(layers) == len(config["rootfs"]["diff_ids"]) == len(manifest["layers"])
        for key in ("User", "Entrypoint", "Cmd", "WorkingDir"):
            assert config["config"][key] == image_config.settings(original.config)[key]

    def test_image_id_does_not_depend_on_the_destination(self, tmp_path: Path) -> None:
        with derived.planned(derived.base(tmp_path / "base")) as plan:
            places = (f"oci:{tmp_path / 'a'}:t", f"docker-archive:{tmp_path / 'b.tar'}:x:t")
            built = [make.make(plan, derived.destination(to)) for to in places]
        assert built[0].image_ids == built[1].image_ids
        assert built[0].published.top.digest != built[1].published.top.digest

    def test_a_layer_of_a_user_namespace(self, tmp_path: Path) -> None:
        """OpenShift runs and commits with owners beyond what USTAR's octal digits can say."""
        source = derived.base(tmp_path / "base")
        with derived.planned(source) as plan:
            only = plan.platforms[0]
            hook = only.hook._replace(uid=1_000_660_000, gid=1_000_660_000)
            file = only.recipe.file._replace(uid=hook.uid, gid=hook.gid)
            moved = only._replace(hook=hook, recipe=only.recipe._replace(file=file))
            done = make.make(
                plan._replace(platforms=(moved,)), derived.destination(f"oci:{tmp_path / 'o'}:t")
            )
        owner = next(p for p in done.verdict.platforms[0].proofs if p.name.startswith("mode"))
        assert owner.detail == "0755 1000660000:1000660000"


class TestProvenFirst:
    def test_an_image_that_fails_its_proof_is_not_written(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from ksimage.derivation import direct
        from ksimage.images.layer import write_layer as write

        monkeypatch.setattr(
            direct,
            "write_layer",
            lambda file, folders: write(file._replace(mode=file.mode | 0o4000), folders),
        )
        source = derived.base(tmp_path / "base")
        with derived.planned(source) as plan, pytest.raises(ProofFailed) as caught:
            derived.publish_plan(plan, f"oci:{tmp_path / 'out'}:t")
        assert "mode and owner are kept: 4755" in caught.value.why
        assert "nothing was tagged or pushed" in caught.value.advice
        assert not (tmp_path / "out").exists()

    def test_a_stray_file_in_the_layer(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from ksimage.derivation import direct
        from ksimage.images.layer import write_layer as write

        stray = "hooks/kubesphere/installRunner.py.orig"

        def careless(file: LayerFile, folders: Any) -> Any:
            return write(file._replace(path=stray), folders)

        monkeypatch.setattr(direct, "write_layer", careless)
        source = derived.base(tmp_path / "base")
        with derived.planned(source) as plan, pytest.raises(ProofFailed):
            derived.publish_plan(plan, f"oci:{tmp_path / 'out'}:t")
        assert not (tmp_path / "out").exists()


class TestOverlay:
    def test_new_over_old(self, tmp_path: Path) -> None:
        derived.base(tmp_path)
        below = LayoutSource(tmp_path, "v3.3.2")
        old = below.top()
        document = b'{"new": 1}'
        new = Descriptor("x", sha256(document), len(document))
        data = bytes(range(256)) * 4000
        blob = Descriptor("x", sha256(data), len(data))
        source = OverlaySource("y", below, new, {new.digest: document}, {blob.digest: data})
        assert source.top() is new
        assert source.manifest(new) == document
        assert source.manifest(old) == below.manifest(old)
        assert source.home(blob) is source and source.home(new) is source
        assert source.home(old) is below
        for offset in (0, 1, len(data) - 1, len(data), len(data) + 5):
            with source.blob(blob, offset) as chunks:
                assert b"".join(chunks) == data[offset:]
        layer = json.loads(below.manifest(old))["layers"][0]
        old_layer = Descriptor(layer["mediaType"], layer["digest"], layer["size"])
        with source.blob(old_layer) as ours, below.blob(old_layer) as theirs:
            assert b"".join(ours) == b"".join(theirs)
        source.close()
