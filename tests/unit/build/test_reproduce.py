"""Images built again from their labels: identical, or different for a reason that is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from tests.support import derived
from tests.support.images import Family, ImageStore, Recipe, docker_archive
from tests.unit.cli.own_patches import CHATTY, HOOK, patch, series

import ksimage
from ksimage.build import plan as planning
from ksimage.build import reproduce
from ksimage.build.reproduce import Rebuild
from ksimage.config.settings import PatchSettings, Settings
from ksimage.derivation.labels import Provenance
from ksimage.errors import CannotReproduce, KsimageError, PlatformNotFound
from ksimage.locations import spec
from ksimage.patching.diff import compose

SOURCE = "org.opencontainers.image.source"
LABELS = {"maintainer": "kubesphere", SOURCE: "https://example.com"}


def made(
    source: str,
    to: str,
    *,
    what: str = "v3.3.2",
    labels: dict[str, str] | None = None,
    **fields: Any,
) -> str:
    """Build with the direct engine; the location."""
    own = {key: fields.pop(key) for key in ("epoch", "statement", "base_digest") if key in fields}
    settings = Settings(source=source, labels=MappingProxyType(labels or {}), **fields)
    plan = planning.plan(what, settings, options=lambda _: None, **own)
    try:
        derived.publish_plan(plan, to)
    finally:
        plan.source.close()
    return to


def again(image: str, base: str | None, **fields: Any) -> Rebuild:
    return reproduce.reproduce(
        spec.parse(image),
        Settings(**fields),
        options=lambda _: None,
        base_location=spec.parse(base) if base else None,
    )


def index(path: Path, *, family: Family = "docker", **fields: Any) -> str:
    images = [
        Recipe(architecture=name, family=family, seed=number, padding=32, labels=LABELS, **fields)
        for number, name in enumerate(("amd64", "arm64"))
    ]
    return derived.base(path, *images)


def single(path: Path, *, family: Family = "docker", **fields: Any) -> str:
    return derived.base(path, Recipe(family=family, **{"labels": LABELS, **fields}))


@pytest.fixture
def to(tmp_path: Path) -> str:
    return f"oci:{tmp_path / 'out'}:x"


class TestIdentical:
    @pytest.mark.parametrize("family", ["docker", "oci"])
    @pytest.mark.parametrize("shape", [single, index])
    @pytest.mark.parametrize("place", ["oci:{}:x", "oci-archive:{}.tar:x"])
    def test_shapes(
        self, tmp_path: Path, shape: Callable[..., str], family: Family, place: str
    ) -> None:
        base = shape(tmp_path / "base", family=family)
        image = made(base, place.format(tmp_path / "out"), verbosity=3)
        found = again(image, base)
        assert found, found.differences
        assert found.differences == ()
        assert found.digest == found.rebuilt
        assert found.base == base
        assert found.name == image

    @pytest.mark.parametrize(
        "fields",
        [
            {"epoch": 1_700_000_000},
            {"verbosity": 5},
            {"labels": {"site": "north", "maintainer": ""}},
            {"labels": {SOURCE: "https://example.com"}},  # as the base's, which would be blanked
            {"labels": {SOURCE: "https://example.org"}},
            {"patches": PatchSettings(include=("early-config",))},
            {"patches": PatchSettings(exclude=("poll-interval", "labelled-output"))},
            {"what": "v3.0.0"},  # poll-interval is not for it
            {"statement": Provenance("v3.3.2", "harbor.lan/a/ks-installer:v3.3.2", ())},
        ],
        ids=" ".join,
    )  # fmt: skip
    def test_settings_are_read_from_the_image(
        self, tmp_path: Path, to: str, fields: dict[str, Any]
    ) -> None:
        base = index(tmp_path / "base")
        found = again(made(base, to, **fields), base)
        assert found, found.differences

    def test_what_the_project_says_now_does_not_count(self, tmp_path: Path, to: str) -> None:
        base = index(tmp_path / "base")
        image = made(base, to, platforms=("linux/arm64",), verbosity=1)
        (tmp_path / "more.patch").write_bytes(patch("more"))
        found = again(
            image,
            base,
            platforms=("linux/amd64",),
            verbosity=5,
            labels=MappingProxyType({"x": "y"}),
            tag="fixed",
            patches=PatchSettings(
                include=("early-config",), exclude=("unquiet",), files=(tmp_path / "more.patch",)
            ),
        )
        assert found, found.differences

    def test_one_platform_of_several_with_a_time_of_its_own(self, tmp_path: Path, to: str) -> None:
        """The base's first platform says nothing about the second."""
        store = ImageStore(tmp_path / "base")
        images = [
            store.image(Recipe(hook=HOOK, architecture=name, padding=32))
            for name in ("amd64", "arm64")
        ]
        manifest = store.json(images[1]["digest"])
        config = {**store.json(manifest["config"]["digest"]), "created": "2021-01-02T03:04:05Z"}
        digest, size = store.put(json.dumps(config).encode())
        manifest["config"] |= {"digest": digest, "size": size}
        digest, size = store.put(json.dumps(manifest).encode())
        images[1] |= {"digest": digest, "size": size}
        store.tag(store.index(images), "v3.3.2")
        base = f"oci:{tmp_path / 'base'}"
        for number, platforms in enumerate(((), ("linux/arm64",), ("linux/amd64",))):
            found = again(made(base, f"{to}{number}", platforms=platforms), base)
            assert found, found.differences

    def test_own_series_and_files(self, tmp_path: Path, to: str) -> None:
        base = single(tmp_path / "base")
        other = HOOK.replace(b"import json", b"import json  # !")
        (tmp_path / "last.diff").write_bytes(compose(HOOK, other, "", name="last"))
        patches = PatchSettings(
            directory=series(tmp_path / "mine", "chatty"), files=(tmp_path / "last.diff",)
        )
        image = made(base, to, patches=patches)
        assert again(image, base, patches=patches)

    def test_own_series_alone(self, tmp_path: Path, to: str) -> None:
        from ksimage import resources

        mine = tmp_path / "mine"
        mine.mkdir()
        for name in ("unquiet", "verbosity"):
            (mine / f"{name}.patch").write_bytes(
                (resources.path("patches") / f"{name}.patch").read_bytes()
            )
        (mine / "series").write_text("unquiet.patch\nverbosity.patch\n")
        patches = PatchSettings(directory=mine, mode="replace")
        base = single(tmp_path / "base")
        assert again(made(base, to, patches=patches), base, patches=patches)


class TestDifferent:
    def differences(self, found: Rebuild) -> tuple[str, ...]:
        assert not found
        assert found.digest != found.rebuilt
        assert found.differences
        return found.differences

    def test_patch_changed(self, tmp_path: Path, to: str) -> None:
        base = single(tmp_path / "base")
        patches = PatchSettings(directory=series(tmp_path / "mine", "chatty"))
        image = made(base, to, patches=patches)
        path = tmp_path / "mine" / "chatty.patch"
        path.write_bytes(patch("chatty", after=CHATTY.replace(b"logging.DEBUG", b"logging.ERROR")))
        reasons = self.differences(again(image, base, patches=patches))
        assert reasons[0].startswith("patch chatty has changed since (was sha256 ")
        assert "linux/amd64: the added layer differs" in reasons

    def test_patch_order_changed(self, tmp_path: Path, to: str) -> None:
        base = single(tmp_path / "base")
        mine = series(tmp_path / "mine", "chatty", "other")
        other = HOOK.replace(b"import json", b"import json  # !")
        (mine / "other.patch").write_bytes(patch("other", after=other))
        patches = PatchSettings(directory=mine)
        image = made(base, to, patches=patches)
        (mine / "series").write_text("other.patch\nchatty.patch\n")
        reasons = self.differences(again(image, base, patches=patches))
        assert reasons[0].startswith("the patches' order has changed since (now unquiet, ")
        assert reasons[0].endswith("other, chatty)")
        assert "linux/amd64: the added layer differs" not in reasons, "the hook is the same"

    def test_version(self, tmp_path: Path, to: str, monkeypatch: pytest.MonkeyPatch) -> None:
        base = single(tmp_path / "base")
        with monkeypatch.context() as patched:
            patched.setattr(ksimage, "__version__", "0.0.1")
            made(base, to)
        reasons = self.differences(again(to, base))
        assert reasons[0] == f"built by ksimage 0.0.1, this is {ksimage.__version__}"
        assert "linux/amd64: config: config differs (Labels)" in reasons
        assert "linux/amd64: config: history differs" in reasons

    def test_base_moved(self, tmp_path: Path, to: str) -> None:
        base = single(tmp_path / "base")
        made(base, to)
        was = derived.opened(base).top().digest
        single(tmp_path / "base", padding=64, seed=9)
        now = derived.opened(base).top().digest
        reasons = self.differences(again(to, base))
        assert f"linux/amd64: the base is another one: it was {was}, now {now}" in reasons
        assert "linux/amd64: the base's layers differ" in reasons

    def test_layer_was_exchanged(self, tmp_path: Path, to: str) -> None:
        """Somebody edits the hook in the image and keeps the labels."""
        base = single(tmp_path / "base")
        image = made(base, to)
        other = made(base, f"oci:{tmp_path / 'other'}:x",
                     patches=PatchSettings(include=("early-config",)))  # fmt: skip
        tampered = self.tampered(tmp_path, other, {})
        reasons = self.differences(again(tampered, base))
        assert "linux/amd64: the added layer differs" in reasons
        assert again(image, base)

    def tampered(self, tmp_path: Path, other: str, changes: dict[str, Any]) -> str:
        """The image in ``tmp_path/out``, its config changed and its last layer ``other``'s."""
        store = ImageStore(tmp_path / "out")
        entry = json.loads((store.path / "index.json").read_text())["manifests"][0]
        manifest = store.json(entry["digest"])
        config = store.json(manifest["config"]["digest"])
        foreign = ImageStore(Path(spec.parse(other).path))
        top = json.loads((foreign.path / "index.json").read_text())["manifests"][0]
        theirs = foreign.json(top["digest"])
        layer = theirs["layers"][-1]
        store.put(foreign.read(layer["digest"]))
        manifest["layers"][-1] = layer
        their_config = foreign.json(theirs["config"]["digest"])
        config["rootfs"]["diff_ids"][-1] = their_config["rootfs"]["diff_ids"][-1]
        config |= changes
        digest, size = store.put(json.dumps(config).encode())
        manifest["config"] |= {"digest": digest, "size": size}
        digest, size = store.put(json.dumps(manifest).encode())
        store.tag({**entry, "digest": digest, "size": size}, "tampered")
        return f"oci:{store.path}:tampered"

    def test_config_was_edited(self, tmp_path: Path, to: str) -> None:
        base = single(tmp_path / "base")
        made(base, to)
        tampered = self.tampered(tmp_path, to, {"author": "me"})
        reasons = self.differences(again(tampered, base))
        assert reasons == ("linux/amd64: config: author differs",)

    def test_built_by_an_engine(self, tmp_path: Path, to: str) -> None:
        base = single(tmp_path / "base")
        made(base, to)
        tampered = self.tampered(
            tmp_path, to, {"history": [{"created_by": "COPY installRunner.py / # buildkit"}] * 10}
        )
        reasons = self.differences(again(tampered, base))
        assert any("it was built by an engine" in reason for reason in reasons)
        assert any("only --engine direct is reproducible" in reason for reason in reasons)

    def test_index_and_manifest(self, tmp_path: Path, to: str) -> None:
        """A base that is an index cannot give the single image again."""
        base = single(tmp_path / "base")
        image = made(base, to)
        store = ImageStore(tmp_path / "index")
        one = store.image(Recipe(hook=HOOK, labels=LABELS))
        store.tag(store.index([one]), "v3.3.2")
        reasons = self.differences(again(image, f"oci:{store.path}"))
        assert "one is an index, the other is not" in reasons


class TestCannot:
    def error(self, image: str, base: str | None, **fields: Any) -> CannotReproduce:
        with pytest.raises(CannotReproduce) as caught:
            again(image, base, **fields)
        assert caught.value.exit_code == 13
        return caught.value

    def test_not_made_by_ksimage(self, tmp_path: Path) -> None:
        base = single(tmp_path / "base")
        assert self.error(base, base).why == "it was not made by ksimage"

    def test_no_base_named(self, tmp_path: Path, to: str) -> None:
        made(single(tmp_path / "base"), to)
        error = self.error(to, None)
        assert error.why == "its labels name no base in a registry"
        assert to in error.message
        assert "name the base: --base LOCATION" in error.advice

    @pytest.mark.parametrize(
        ("name", "why"),
        [
            ("harbor.lan/a/ks-installer:v3.3.2",
             "its base is in a registry: harbor.lan/a/ks-installer:v3.3.2"),
            ("Not A Reference", "its labels name a base 'Not A Reference'"),
            ("\x1b]0;x\x07", r"its labels name a base '\x1b]0;x\x07'"),
        ],
    )  # fmt: skip
    def test_base_in_a_registry_that_nobody_named(
        self, tmp_path: Path, to: str, name: str, why: str
    ) -> None:
        """No label makes this program talk to a host."""
        made(single(tmp_path / "base"), to, statement=Provenance("v3.3.2", name, ()))
        assert self.error(to, None).why == why

    def test_patches_are_not_here(self, tmp_path: Path, to: str) -> None:
        base = single(tmp_path / "base")
        image = made(base, to, patches=PatchSettings(directory=series(tmp_path / "mine", "chatty")))
        error = self.error(image, base)
        assert error.why == "these patches are not here: chatty"
        assert image in error.message

    def test_platform_is_not_in_the_base(self, tmp_path: Path, to: str) -> None:
        image = made(index(tmp_path / "base"), to)
        other = single(tmp_path / "other", architecture="s390x")
        with pytest.raises(PlatformNotFound):
            again(image, other)

    def test_nothing_is_there(self, tmp_path: Path) -> None:
        with pytest.raises(KsimageError) as caught:
            again(f"oci:{tmp_path / 'nowhere'}:x", None)
        assert caught.value.kind == "image-not-found"

    def test_base_is_not_there(self, tmp_path: Path, to: str) -> None:
        made(single(tmp_path / "base"), to)
        with pytest.raises(KsimageError) as caught:
            again(to, f"oci:{tmp_path / 'nowhere'}")
        assert caught.value.kind == "image-not-found"


def test_base_from_docker_save(tmp_path: Path, to: str) -> None:
    """It has no manifest of its own; the same file gives the same image."""
    store = ImageStore(tmp_path / "store")
    digest = store.tag(store.image(Recipe(hook=HOOK)), "x")
    docker_archive(store, digest, tmp_path / "base.tar")
    base = f"docker-archive:{tmp_path / 'base.tar'}"
    found = again(made(base, to), base)
    assert found, found.differences
