"""Is what a name holds still what a build would make? Every answer and every reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from tests.support import derived
from tests.support.images import ImageStore, Recipe, docker_archive
from tests.unit.cli.own_patches import CHATTY, HOOK, patch

import ksimage
from ksimage.build import plan as planning
from ksimage.build import staleness
from ksimage.build.staleness import Finding, Staleness
from ksimage.config.settings import PatchSettings, Settings
from ksimage.derivation.labels import Provenance
from ksimage.patching.diff import compose

OTHER = "sha256:" + "1" * 64
LOUD = HOOK.replace(b"import json", b"import json  # loud")


def settings(source: str, **fields: Any) -> Settings:
    labels: Mapping[str, str] = fields.pop("labels", {})
    return Settings(source=source, labels=MappingProxyType(dict(labels)), **fields)


def made(folder: Path, source: str, what: str = "v3.3.2", **fields: Any) -> str:
    """Build into the layout ``folder``; the digest."""
    epoch, statement = fields.pop("epoch", None), fields.pop("statement", None)
    chosen = settings(source, **fields)
    plan = planning.plan(what, chosen, options=lambda _: None, epoch=epoch, statement=statement)
    try:
        return derived.publish_plan(plan, f"oci:{folder}:{plan.tag}", overwrite=True).top.digest
    finally:
        plan.source.close()


def checked(
    folder: Path, source: str, what: str = "v3.3.2", pinned: str | None = None, **fields: Any
) -> Finding:
    return staleness.check(
        what, pinned, settings(source, **fields), options=lambda _: None, target=f"oci:{folder}"
    )


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    return derived.base(tmp_path_factory.mktemp("base") / "image")


def both(path: Path, **fields: Any) -> str:
    """An index of two platforms."""
    images = [Recipe(architecture=name, **fields) for name in ("amd64", "arm64")]
    return derived.base(path, *images)


class TestStates:
    def test_current(self, out: Path, base: str) -> None:
        digest = made(out, base, verbosity=2)
        found = checked(out, base, verbosity=2)
        assert (found.state, found.reasons, found.error) == (Staleness.CURRENT, (), None)
        assert found.digest == digest
        assert found.image == f"oci:{out}:v3.3.2-debug"
        assert found.tag == "v3.3.2-debug"
        assert found.base_digest.startswith("sha256:")
        assert not found.needs_build
        assert found.reason == "up to date"

    def test_missing(self, out: Path, base: str) -> None:
        found = checked(out, base)
        assert (found.state, found.digest) == (Staleness.MISSING, "")
        assert found.needs_build
        assert found.reason == "not built yet"
        made(out, base)
        assert checked(out, base, tag="{release}-other").state is Staleness.MISSING

    def test_overwritten(self, out: Path, base: str) -> None:
        """What KubeKey does when it pushes an artifact again."""
        made(out, base)
        source = derived.opened(base)
        derived.copied(source, f"oci:{out}:v3.3.2-debug", overwrite=True)
        source.close()
        found = checked(out, base)
        assert found.state is Staleness.OVERWRITTEN
        assert found.needs_build
        assert found.reason == "the tag holds an image that ksimage did not make (9 layers)"

    def test_base_cannot_be_read(self, out: Path, tmp_path: Path) -> None:
        found = checked(out, f"oci:{tmp_path / 'nowhere'}")
        assert found.state is Staleness.FAILED
        assert found.needs_build
        assert found.error is not None
        assert found.error.kind == "image-not-found"
        assert found.reasons == (found.error.message,)

    def test_settings_that_no_build_could_use(self, out: Path, base: str) -> None:
        made(out, base)
        found = checked(out, base, patches=PatchSettings(include=("no-such",)))
        assert found.state is Staleness.FAILED
        assert found.error is not None
        assert found.error.kind == "unknown-patch"

    def test_release_that_no_patch_is_for(self, out: Path, base: str) -> None:
        found = checked(out, base, "v2.1.1")
        assert found.error is not None
        assert found.error.kind == "unsupported-release"

    def test_patches_that_the_release_excludes(self, out: Path, base: str) -> None:
        made(out, base, "v3.0.0")
        assert checked(out, base, "v3.0.0").state is Staleness.CURRENT

    def test_tag_by_the_bases_digest(self, out: Path, base: str) -> None:
        made(out, base, tag="{release}-{digest8}")
        found = checked(out, base, tag="{release}-{digest8}")
        assert found.state is Staleness.CURRENT
        assert found.tag == f"v3.3.2-{found.base_digest[7:15]}"

    def test_several_platforms(self, out: Path, tmp_path: Path) -> None:
        source = both(tmp_path / "base")
        made(out, source)
        assert checked(out, source).state is Staleness.CURRENT

    def test_time_of_the_build_does_not_count(self, out: Path, base: str) -> None:
        """SOURCE_DATE_EPOCH of a commit would make everything outdated with every commit."""
        made(out, base, epoch=1_700_000_000)
        assert checked(out, base).state is Staleness.CURRENT


class TestReasons:
    def outdated(self, found: Finding) -> tuple[str, ...]:
        assert found.state is Staleness.OUTDATED, found
        assert found.digest
        return found.reasons

    def test_base_moved(self, out: Path, tmp_path: Path) -> None:
        source = derived.base(tmp_path / "base")
        made(out, source)
        derived.base(tmp_path / "base", Recipe(padding=64, seed=2))
        assert self.outdated(checked(out, source)) == ("the base moved",)

    def test_base_moved_in_its_config_only(self, out: Path, tmp_path: Path) -> None:
        source = derived.base(tmp_path / "base")
        made(out, source)
        derived.base(tmp_path / "base", Recipe(labels={"maintainer": "kubesphere", "x": "y"}))
        assert self.outdated(checked(out, source))[0] == "the base moved"

    def test_base_without_a_manifest_moved(self, out: Path, tmp_path: Path) -> None:
        """`docker save` before 25: labels name no base, layers tell."""
        place = tmp_path / "base.tar"

        def saved(seed: int) -> None:
            store = ImageStore(tmp_path / f"store{seed}")
            digest = store.tag(store.image(Recipe(hook=HOOK, padding=64, seed=seed)), "x")
            place.unlink(missing_ok=True)
            docker_archive(store, digest, place)

        saved(1)
        made(out, f"docker-archive:{place}")
        assert checked(out, f"docker-archive:{place}").state is Staleness.CURRENT
        saved(2)
        assert self.outdated(checked(out, f"docker-archive:{place}")) == ("the base moved",)

    def test_pinned(self, out: Path, base: str) -> None:
        made(out, base)
        now = checked(out, base).base_digest
        assert checked(out, base, pinned=now).state is Staleness.CURRENT
        assert self.outdated(checked(out, base, pinned=OTHER)) == (
            f"the base moved: {now}, pinned is {OTHER}",
        )

    def test_verbosity(self, out: Path, base: str) -> None:
        made(out, base, verbosity=2)
        assert self.outdated(checked(out, base, verbosity=3)) == ("its verbosity is 2, not 3",)

    def test_version(self, out: Path, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
        now = ksimage.__version__
        with monkeypatch.context() as patched:
            patched.setattr(ksimage, "__version__", "0.0.1")
            made(out, base)
        assert self.outdated(checked(out, base)) == (f"built by ksimage 0.0.1, this is {now}",)

    def test_label_is_new_changed_or_gone(self, out: Path, base: str) -> None:
        made(out, base, labels={"site": "north", "old": "1"})
        assert checked(out, base, labels={"site": "north", "old": "1"}).state is Staleness.CURRENT
        assert self.outdated(checked(out, base, labels={"site": "south", "new": "2"})) == (
            "label site is 'north', not 'south'",
            "label new is not set",
            "label old is set no more",
        )

    def test_labels_of_the_base_are_not_ours(self, out: Path, tmp_path: Path) -> None:
        labels = {
            "maintainer": "kubesphere",
            "org.opencontainers.image.source": "https://example.com",
            "org.opencontainers.image.base.digest": OTHER,
            "io.ksimage.stale": "x",
        }
        source = derived.base(tmp_path / "base", Recipe(labels=labels))
        made(out, source)
        assert checked(out, source).state is Staleness.CURRENT

    def test_base_goes_by_another_name(self, out: Path, base: str) -> None:
        """The name is a label, so that a build would make another image."""
        made(out, base, statement=Provenance("v3.3.2", "harbor.lan/a/ks-installer:v3.3.2", ()))
        assert self.outdated(checked(out, base)) == (
            "its base was named harbor.lan/a/ks-installer:v3.3.2, now nothing",
        )

    def test_platforms(self, out: Path, tmp_path: Path) -> None:
        source = both(tmp_path / "base")
        made(out, source, platforms=("linux/amd64",))
        assert self.outdated(checked(out, source)) == ("linux/arm64 is missing",)
        assert checked(out, source, platforms=("linux/amd64",)).state is Staleness.CURRENT
        made(out, source)
        found = checked(out, source, platforms=("linux/amd64",))
        assert self.outdated(found) == ("linux/arm64 is not in the base",)

    def test_a_reason_of_both_platforms_is_said_once(self, out: Path, tmp_path: Path) -> None:
        source = both(tmp_path / "base")
        made(out, source)
        assert self.outdated(checked(out, source, verbosity=1)) == ("its verbosity is 0, not 1",)


class TestPatches:
    def series(self, folder: Path, *names: str) -> PatchSettings:
        """Own patches after the shipped ones; each can be applied with the other."""
        folder.mkdir(exist_ok=True)
        changes = {"chatty": CHATTY, "loud": LOUD}
        for name in names:
            (folder / f"{name}.patch").write_bytes(patch(name, after=changes[name]))
        for path in folder.glob("*.patch"):
            if path.stem not in names:
                path.unlink()
        (folder / "series").write_text("".join(f"{name}.patch\n" for name in names))
        return PatchSettings(directory=folder)

    def reasons(self, found: Finding) -> tuple[str, ...]:
        assert found.state is Staleness.OUTDATED
        return found.reasons

    def test_new_and_gone(self, out: Path, base: str, tmp_path: Path) -> None:
        made(out, base, patches=self.series(tmp_path / "mine", "chatty"))
        now = self.series(tmp_path / "mine", "loud")
        assert self.reasons(checked(out, base, patches=now)) == ("patches new: loud; gone: chatty",)

    def test_changed(self, out: Path, base: str, tmp_path: Path) -> None:
        mine = self.series(tmp_path / "mine", "chatty")
        made(out, base, patches=mine)
        assert checked(out, base, patches=mine).state is Staleness.CURRENT
        path = tmp_path / "mine" / "chatty.patch"
        path.write_bytes(path.read_bytes().replace(b"Author: a", b"Author: b"))
        assert self.reasons(checked(out, base, patches=mine)) == ("patches changed: chatty",)

    def test_order(self, out: Path, base: str, tmp_path: Path) -> None:
        made(out, base, patches=self.series(tmp_path / "mine", "chatty", "loud"))
        now = self.series(tmp_path / "mine", "loud", "chatty")
        assert self.reasons(checked(out, base, patches=now)) == ("patches in another order",)

    def test_choice(self, out: Path, base: str) -> None:
        made(out, base)
        now = PatchSettings(include=("early-config",), exclude=("poll-interval",))
        assert self.reasons(checked(out, base, patches=now)) == (
            "patches new: early-config; gone: poll-interval",
        )

    def test_single_file(self, out: Path, base: str, tmp_path: Path) -> None:
        path = tmp_path / "one.patch"
        path.write_bytes(compose(HOOK, CHATTY, "", name="one"))
        chosen = PatchSettings(files=(path,))
        made(out, base, patches=chosen)
        assert checked(out, base, patches=chosen).state is Staleness.CURRENT
        assert self.reasons(checked(out, base)) == ("patches gone: one",)


def test_current_means_that_a_build_has_nothing_to_do(out: Path, base: str) -> None:
    """And the other way round, for every setting that ends up in the image."""
    one: dict[str, Any] = {"verbosity": 2, "labels": {"site": "north"}}
    digest = made(out, base, **one)
    variants: list[dict[str, Any]] = [
        {},
        {"verbosity": 1},
        {"labels": {}},
        {"labels": {"site": "north", "b": ""}},
        {"labels": {"site": "north", "maintainer": "kubesphere"}},  # the base says so too
        {"labels": {"site": "north", "maintainer": ""}},
        {"patches": PatchSettings(include=("early-config",))},
        {"platforms": ("linux/amd64",)},
    ]
    for number, variant in enumerate(variants):
        chosen = {**one, **variant}
        again = made(out.with_name(f"out{number}"), base, **chosen)
        state = checked(out, base, **chosen).state
        assert (state is Staleness.CURRENT) == (again == digest), variant


def test_finding_is_frozen() -> None:
    found = Finding("v3.3.2", Staleness.OUTDATED, ("a", "b"))
    assert found.reason == "a; b"
    assert replace(found, state=Staleness.CURRENT).needs_build is False
