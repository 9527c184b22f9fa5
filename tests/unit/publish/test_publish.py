"""Putting an image under a name: nothing to do, occupied, kept, raced for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.support import derived
from tests.support.changed import CHANGES, changed
from tests.support.images import ImageStore, Recipe

from ksimage.build.plan import Plan
from ksimage.errors import (
    DestinationIsSource,
    KeptTagOccupied,
    MalformedImage,
    TagMoved,
    TagOccupied,
)
from ksimage.images.manifest import Descriptor
from ksimage.images.mediatypes import OCI_MANIFEST
from ksimage.locations import spec
from ksimage.locations.oci import folder as layouts
from ksimage.locations.oci.layout import LayoutSource
from ksimage.publish.publish import publish, require_other_file


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plan]:
    source = derived.base(tmp_path_factory.mktemp("base"), Recipe(), Recipe(architecture="arm64"))
    with derived.planned(source) as found:
        yield found


@pytest.fixture(scope="module")
def verbose(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plan]:
    """Another build of the same base."""
    with derived.planned(derived.base(tmp_path_factory.mktemp("base")), verbosity=5) as found:
        yield found


def names(path: Path) -> dict[str, str]:
    entries = json.loads((path / "index.json").read_text())["manifests"]
    return {e["annotations"]["org.opencontainers.image.ref.name"]: e["digest"] for e in entries}


def foreign(path: Path, ref: str, label: str = "x") -> str:
    """Somebody's image under ``ref``; its digest."""
    store = ImageStore(path)
    return store.tag(store.image(Recipe(labels={"by": label}, family="oci")), ref)


class TestLayout:
    def test_new(self, plan: Plan, tmp_path: Path) -> None:
        to = f"oci:{tmp_path / 'out'}:t"
        done = derived.publish_plan(plan, to)
        assert not done.up_to_date and done.copied is not None and done.copied.sent > 0
        assert (done.replaced, done.kept) == (None, None)
        assert done.reference == f"{to}@{done.top.digest}"
        with closing(derived.opened(done.reference)) as source:
            assert source.top().digest == done.top.digest

    def test_up_to_date(self, plan: Plan, tmp_path: Path) -> None:
        to = f"oci:{tmp_path / 'out'}:t"
        first = derived.publish_plan(plan, to)
        before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}
        again = derived.publish_plan(plan, to)
        assert again.up_to_date and again.top.digest == first.top.digest
        assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*")}

    def test_occupied(self, plan: Plan, tmp_path: Path) -> None:
        held = foreign(tmp_path, "t")
        before = sorted(tmp_path.rglob("*"))
        with pytest.raises(TagOccupied) as caught:
            derived.publish_plan(plan, f"oci:{tmp_path}:t")
        assert held in caught.value.why and "neither upstream nor ksimage" in caught.value.why
        assert names(tmp_path) == {"t": held}
        assert sorted(tmp_path.rglob("*")) == before, "not even a blob was written"

    def test_occupied_by_ours(self, plan: Plan, verbose: Plan, tmp_path: Path) -> None:
        derived.publish_plan(plan, f"oci:{tmp_path / 'o'}:t")
        with pytest.raises(TagOccupied) as caught:
            derived.publish_plan(verbose, f"oci:{tmp_path / 'o'}:t")
        assert "build of v3.3.2" in caught.value.why

    def test_occupied_by_something_unreadable(self, plan: Plan, tmp_path: Path) -> None:
        store = ImageStore(tmp_path)
        digest, size = store.put(b'{"schemaVersion": 2, "config": 5, "layers": []}')
        store.tag({"mediaType": OCI_MANIFEST, "digest": digest, "size": size}, "t")
        with pytest.raises(TagOccupied) as caught:
            derived.publish_plan(plan, f"oci:{tmp_path}:t")
        assert "something else" in caught.value.why
        assert derived.publish_plan(plan, f"oci:{tmp_path}:t", overwrite=True).kept

    def test_replaced_and_kept(self, plan: Plan, tmp_path: Path) -> None:
        held = foreign(tmp_path, "t")
        other = foreign(tmp_path, "unrelated", "y")
        done = derived.publish_plan(plan, f"oci:{tmp_path}:t", overwrite=True)
        assert (done.replaced, done.kept) == (held, f"oci:{tmp_path}:t-orig")
        assert names(tmp_path) == {"t": done.top.digest, "t-orig": held, "unrelated": other}

    def test_kept_already(self, plan: Plan, tmp_path: Path) -> None:
        held = foreign(tmp_path, "t")
        foreign(tmp_path, "t-orig")
        done = derived.publish_plan(plan, f"oci:{tmp_path}:t", overwrite=True)
        assert done.kept == f"oci:{tmp_path}:t-orig"
        assert names(tmp_path)["t-orig"] == held

    def test_a_second_original_is_kept_as_well(self, plan: Plan, tmp_path: Path) -> None:
        """kk pushed another image over the tag meanwhile."""
        held = foreign(tmp_path, "t")
        kept = foreign(tmp_path, "t-orig", "another")
        done = derived.publish_plan(plan, f"oci:{tmp_path}:t", overwrite=True)
        assert done.kept == f"oci:{tmp_path}:t-orig-2"
        assert names(tmp_path) == {"t": done.top.digest, "t-orig": kept, "t-orig-2": held}

    def test_what_is_kept_is_never_lost(self, plan: Plan, tmp_path: Path) -> None:
        held = foreign(tmp_path, "t")
        for ending in ("", *(f"-{number}" for number in range(2, 10))):
            foreign(tmp_path, f"t-orig{ending}", f"another{ending}")
        before = names(tmp_path)
        with pytest.raises(KeptTagOccupied) as caught:
            derived.publish_plan(plan, f"oci:{tmp_path}:t", overwrite=True)
        assert caught.value.exit_code == 10
        assert held in caught.value.why and "t-orig-9" in caught.value.why
        assert "it holds a hook that neither upstream nor ksimage made" in caught.value.why
        assert names(tmp_path) == before

    @pytest.mark.parametrize("change", CHANGES)
    def test_only_what_can_be_made_again_is_let_go(
        self, plan: Plan, tmp_path: Path, change: str
    ) -> None:
        """Somebody put our build, and something of their own, under the tag."""
        foreign(tmp_path, "t-orig", "another")
        derived.publish_plan(plan, f"oci:{tmp_path}:ours")
        held = changed(tmp_path, "ours", "t", change)
        derived.publish_plan(plan, f"oci:{tmp_path}:t", overwrite=True)
        assert names(tmp_path)["t-orig-2"] == held

    def test_our_own_builds_are_not_piled_up(
        self, plan: Plan, verbose: Plan, tmp_path: Path
    ) -> None:
        """The first original is worth more than an earlier build, which can be made again."""
        original = foreign(tmp_path, "t")
        to = f"oci:{tmp_path}:t"
        first = derived.publish_plan(plan, to, overwrite=True)
        second = derived.publish_plan(verbose, to, overwrite=True)
        assert (second.replaced, second.kept) == (first.top.digest, None)
        assert names(tmp_path) == {"t": second.top.digest, "t-orig": original}

    def test_what_would_become_of_it_is_said_before(
        self, plan: Plan, verbose: Plan, tmp_path: Path
    ) -> None:
        to = f"oci:{tmp_path}:t"
        foreign(tmp_path, "t-orig", "another")
        foreign(tmp_path, "t")
        with pytest.raises(TagOccupied) as caught:
            derived.publish_plan(plan, to)
        assert f"keeping what is there as {to}-orig-2: add --replace" in caught.value.advice[0]
        derived.publish_plan(plan, to, overwrite=True)
        with pytest.raises(TagOccupied) as caught:
            derived.publish_plan(verbose, to)
        assert f"this earlier build is not kept, {to}-orig is taken" in caught.value.advice[0]
        assert derived.publish_plan(verbose, to, overwrite=True).kept is None

    def test_a_forged_label_does_not_make_it_ours(self, plan: Plan, tmp_path: Path) -> None:
        """Who could pass for ksimage could have the original thrown away."""
        foreign(tmp_path, "t-orig", "another")
        labels = {"io.ksimage.hook.after": "0" * 64, "io.ksimage.version": "1"}
        store = ImageStore(tmp_path)
        store.tag(store.image(Recipe(labels=labels, family="oci")), "t")
        held = names(tmp_path)["t"]
        derived.publish_plan(plan, f"oci:{tmp_path}:t", overwrite=True)
        assert names(tmp_path)["t-orig-2"] == held


class TestRace:
    def test_written_meanwhile(
        self, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Somebody tags right after us: it is seen and reported, not hidden."""
        tag = layouts.LayoutTarget.tag

        def raced(self: layouts.LayoutTarget, descriptor: Descriptor, data: bytes) -> None:
            tag(self, descriptor, data)
            foreign(tmp_path / "out", "t", "the other")

        monkeypatch.setattr(layouts.LayoutTarget, "tag", raced)
        with pytest.raises(TagMoved) as caught:
            derived.publish_plan(plan, f"oci:{tmp_path / 'out'}:t")
        assert caught.value.why.endswith(f"holds {names(tmp_path / 'out')['t']}")

    def test_gone_meanwhile(
        self, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(layouts.LayoutTarget, "tag", lambda *_: None)
        with pytest.raises(TagMoved) as caught:
            derived.publish_plan(plan, f"oci:{tmp_path / 'out'}:t")
        assert caught.value.why.endswith("holds nothing")

    def test_failure_in_the_middle_leaves_the_name(
        self, plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        held = foreign(tmp_path, "t")

        def broken(*_: Any) -> None:
            raise MalformedImage("x", "of all things")

        monkeypatch.setattr(layouts.LayoutTarget, "put_manifest", broken)
        with pytest.raises(MalformedImage):
            derived.publish_plan(plan, f"oci:{tmp_path}:t", overwrite=True)
        assert names(tmp_path)["t"] == held


class TestArchives:
    @pytest.mark.parametrize("form", ["oci-archive", "docker-archive"])
    def test_new_up_to_date_occupied_replaced(
        self, plan: Plan, verbose: Plan, tmp_path: Path, form: str
    ) -> None:
        name = ":t" if form == "oci-archive" else ":x/y:t"
        to = f"{form}:{tmp_path / 'file.tar'}{name}"
        with derived.planned(str(plan.location), platforms=("linux/amd64",)) as narrow:
            first = derived.publish_plan(narrow, to)
            content = (tmp_path / "file.tar").read_bytes()
            again = derived.publish_plan(narrow, to)
        assert again.up_to_date and again.top.digest == first.top.digest
        assert (tmp_path / "file.tar").read_bytes() == content
        with pytest.raises(TagOccupied) as caught:
            derived.publish_plan(verbose, to)
        assert "it is replaced whole, and nothing of it is kept" in caught.value.advice[0]
        assert (tmp_path / "file.tar").read_bytes() == content
        done = derived.publish_plan(verbose, to, overwrite=True)
        assert (done.replaced, done.kept) == (first.top.digest, None)
        with closing(derived.opened(done.reference)) as source:
            assert source.top().digest == done.top.digest


LINKS = ("same", "symlink", "hard link", "folder by a link")


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("form", ["oci-archive", "docker-archive"])
def test_the_source_is_never_written_over(tmp_path: Path, form: str, link: str) -> None:
    """Neither with --replace, nor under another name of the file, nor as another kind of it."""
    (tmp_path / "in").mkdir()
    original = tmp_path / "in" / "base.tar"
    original.write_bytes(b"the only copy")
    other = tmp_path / "other.tar"
    if link == "symlink":
        other.symlink_to(original)
    elif link == "hard link":
        other.hardlink_to(original)
    elif link == "folder by a link":
        (tmp_path / "linked").symlink_to(tmp_path / "in")
        other = tmp_path / "linked" / "base.tar"
    else:
        other = original
    source = spec.parse(f"docker-archive:{original}:a:v1")
    with pytest.raises(DestinationIsSource) as caught:
        require_other_file(source, spec.parse(f"{form}:{other}:x"))
    assert caught.value.exit_code == 10
    require_other_file(source, spec.parse(f"{form}:{tmp_path / 'new.tar'}:x"))
    require_other_file(source, spec.parse(f"oci:{tmp_path}:x"))


def test_copy_of_an_earlier_build(plan: Plan, tmp_path: Path) -> None:
    first = derived.publish_plan(plan, f"oci:{tmp_path / 'a'}:t")
    source = LayoutSource(tmp_path / "a", "t")
    done = publish(source, spec.parse(f"oci:{tmp_path / 'b'}:t"))
    assert done.top.digest == first.top.digest
