"""Plans: which release, which patches, which base; what is refused before anything is made."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support import derived
from tests.support.images import ImageStore, Recipe, layout

from ksimage.build import plan as planning
from ksimage.config.settings import PatchSettings, Settings
from ksimage.errors import (
    AmbiguousImage,
    BadReference,
    BaseMoved,
    BasePatched,
    HookStillQuiet,
    ImageNotFound,
    KsimageError,
    LoginRequired,
    PlatformNotFound,
    RegistryUnreachable,
    ReleaseMismatch,
    UnsupportedRelease,
    UpstreamWithdrawn,
)
from ksimage.locations import access
from ksimage.locations.oci.layout import LayoutSource
from ksimage.patching import apply
from ksimage.upstream import releases

ARM64 = Recipe(architecture="arm64")


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Tags by sha256 of the hooks that count as upstream's."""
    hooks: dict[str, str] = {}
    known = {release.tag: release for release in releases.all_releases()}

    def by_hook(sha256: str) -> tuple[releases.Release, ...]:
        return tuple(known[tag] for tag in hooks.get(sha256, "").split())

    monkeypatch.setattr(releases, "by_hook", by_hook)
    return hooks


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class TestWhich:
    def test_release_and_base(self, tmp_path: Path) -> None:
        source = derived.base(tmp_path)
        with derived.planned(source) as plan:
            assert (plan.release, plan.tag) == ("v3.3.2", "v3.3.2-debug")
            assert plan.repository == "kubesphere/ks-installer"
            assert [patch.name for patch in plan.selection.patches][:2] == ["unquiet", "verbosity"]
            assert "not upstream's" in plan.notes[0]
            assert plan.statement.base_name == "", "a folder means nothing elsewhere"

    @pytest.mark.parametrize("ref", ["v3.3.2", "kubesphereio:ks-installer:v3.3.2-amd64"])
    def test_an_image_instead_of_a_release(self, tmp_path: Path, ref: str) -> None:
        source = derived.base(tmp_path, ref=ref)
        with derived.planned("unused", f"{source}:{ref}") as plan:
            assert plan.release == "v3.3.2", "its tag says so"

    def test_an_image_of_no_known_release(self, tmp_path: Path) -> None:
        source = derived.base(tmp_path, ref="mine")
        with derived.planned("unused", f"{source}:mine") as plan:
            assert (plan.release, plan.tag) == ("unknown", "mine-debug")
            assert plan.platforms[0].recipe.labels["io.ksimage.release"] == "unknown"

    def test_upstreams_hook_names_the_release(self, tmp_path: Path, upstream: Any) -> None:
        upstream[sha(derived.HOOK)] = "v3.4.1 v3.4.1-patch.0"
        source = derived.base(tmp_path, ref="mine")
        with derived.planned("unused", f"{source}:mine") as plan:
            assert (plan.release, plan.tag) == ("v3.4.1", "v3.4.1-debug")
        with derived.planned(source, "v3.4.1-patch.0") as plan:
            assert plan.release == "v3.4.1-patch.0"

    def test_another_release_than_asked_for(self, tmp_path: Path, upstream: Any) -> None:
        upstream[sha(derived.HOOK)] = "v3.4.1"
        source = derived.base(tmp_path)
        with pytest.raises(ReleaseMismatch) as caught, derived.planned(source):
            pass
        assert "v3.4.1" in caught.value.why and caught.value.exit_code == 4

    def test_a_base_that_is_named_another_release(self, tmp_path: Path) -> None:
        """Nothing else tells, where the hook is nobody's known."""
        source = derived.base(tmp_path, ref="v3.3.2")
        for place in (source, f"{source}:v3.3.2"):
            with derived.planned(place, "v3.4.1") as plan:
                assert "the base is named v3.3.2, and v3.4.1 is made of it" in plan.notes[0]
            with derived.planned(place, "v3.3.2") as plan:
                assert not any("is named" in note for note in plan.notes)

    def test_platforms_of_two_releases(self, tmp_path: Path, upstream: Any) -> None:
        other = derived.HOOK + b"# another\n"
        upstream.update({sha(derived.HOOK): "v3.3.2", sha(other): "v3.4.1"})
        layout(tmp_path, Recipe(hook=derived.HOOK), replace(ARM64, hook=other), ref="mine")
        with pytest.raises(ReleaseMismatch), derived.planned("x", f"oci:{tmp_path}:mine"):
            pass

    @pytest.mark.parametrize("tag", ["v2.1.1", "master"])
    def test_unsupported_hook_behind_an_innocent_name(
        self, tmp_path: Path, upstream: Any, tag: str
    ) -> None:
        upstream[sha(derived.HOOK)] = tag
        source = derived.base(tmp_path)
        for what in ("v3.3.2", f"{source}:v3.3.2"):
            with pytest.raises(UnsupportedRelease) as caught, derived.planned(source, what):
                pass
            assert len(caught.value.why) > 20

    @pytest.mark.parametrize(
        ("hook", "reason"),
        [
            (b"#!/usr/bin/env python\nimport ansible_runner\n", "Python 2"),
            (b"#!/usr/bin/env python3\nfrom lib import *\n", ""),
            (b"#!/usr/bin/env python3\nprint('x')\n", "no ansible_runner call"),
            (b"#!/usr/bin/env python3\nprint 'x'\n", "no Python 3"),
            (b"\x7fELF\x00\x01", "no Python 3"),
        ],
    )
    def test_unsupported_by_its_text(self, tmp_path: Path, hook: bytes, reason: str) -> None:
        layout(tmp_path, Recipe(hook=hook))
        with pytest.raises(UnsupportedRelease) as caught, derived.planned(f"oci:{tmp_path}"):
            pass
        assert reason in caught.value.why

    def test_unsupported_release_is_refused_before_anything_is_read(self) -> None:
        for name in ("v2.1.1", "master"):
            with pytest.raises(UnsupportedRelease), derived.planned("oci:/nowhere", name):
                pass


class TestAmbiguous:
    def test_chosen_by_release_and_platform(self, tmp_path: Path) -> None:
        store = ImageStore(tmp_path)
        recipe = Recipe(hook=derived.HOOK)
        amd64, arm64 = store.image(recipe), store.image(replace(recipe, architecture="arm64"))
        store.tag(amd64, "kubesphereio:ks-installer:v3.3.2-amd64")
        store.tag(arm64, "kubesphereio:ks-installer:v3.3.2-arm64")
        store.tag(store.image(replace(recipe, labels={})), "kubesphereio:other:v1")
        source = f"oci:{tmp_path}"
        with derived.planned(source) as plan:
            assert plan.base.top.digest == amd64["digest"]
        with derived.planned(source, platforms=("linux/arm64",)) as plan:
            assert plan.base.top.digest == arm64["digest"]
        with pytest.raises(ImageNotFound, match="no image"), derived.planned(source, "v3.4.1"):
            pass
        with pytest.raises(AmbiguousImage), derived.planned("x", source):
            pass


class TestPinned:
    def test_base(self, tmp_path: Path) -> None:
        digest = LayoutSource(tmp_path, "v3.3.2")
        source = derived.base(tmp_path)
        with derived.planned(source, base_digest=digest.top().digest) as plan:
            assert plan.base.top.digest == digest.top().digest
        other = "sha256:" + "0" * 64
        with pytest.raises(BaseMoved) as caught, derived.planned(source, base_digest=other):
            pass
        assert digest.top().digest in caught.value.why

    def test_platform(self, tmp_path: Path) -> None:
        source = derived.base(tmp_path)
        with pytest.raises(PlatformNotFound), derived.planned(source, platforms=("linux/arm64",)):
            pass


class TestPatches:
    def test_nothing_is_planned_when_one_fails(self, tmp_path: Path) -> None:
        hook = derived.HOOK.replace(b"ansible_runner", b"ansible_walker")
        layout(tmp_path, Recipe(hook=hook))
        with pytest.raises(KsimageError), derived.planned(f"oci:{tmp_path}"):
            pass

    def test_quiet_result_is_refused(self, tmp_path: Path) -> None:
        patches = PatchSettings(exclude=("unquiet",))
        source = derived.base(tmp_path)
        with pytest.raises(HookStillQuiet), derived.planned(source, patches=patches):
            pass

    def test_base_that_was_patched_before(self, tmp_path: Path) -> None:
        with derived.planned(derived.base(tmp_path / "a")) as plan:
            derived.publish_plan(plan, f"oci:{tmp_path / 'b'}:v3.3.2")
        with pytest.raises(BasePatched) as caught, derived.planned(f"oci:{tmp_path / 'b'}"):
            pass
        assert caught.value.exit_code == 5

    def test_equal_hooks_are_patched_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        calls: list[object] = []
        real = apply.apply_series

        def counted(*arguments: Any, **named: Any) -> Any:
            calls.append(arguments)
            return real(*arguments, **named)

        monkeypatch.setattr(apply, "apply_series", counted)
        with derived.planned(derived.base(tmp_path, Recipe(), ARM64)) as plan:
            assert len(plan.platforms) == 2
        assert len(calls) == 1


class TestNotes:
    def test_attestations_and_verbosity(self, tmp_path: Path) -> None:
        source = derived.base(tmp_path, attestations=True)
        with derived.planned(source, verbosity=3, tag="{release}-release") as plan:
            notes = " | ".join(plan.notes)
        assert "dropped from the index: attestation sha256:" in notes
        assert "verbosity 3: the installer's log will contain tokens" in notes
        assert "KubeKey takes the tag" in notes

    def test_no_secret_note_without_verbosity(self, tmp_path: Path) -> None:
        with derived.planned(derived.base(tmp_path)) as plan:
            assert not any("admin password" in note for note in plan.notes)


class TestWithdrawn:
    """The public default, without asking it: only the opening is replaced."""

    @pytest.mark.parametrize(
        "error",
        [
            ImageNotFound("x"),
            LoginRequired("docker.io", "kubesphere/ks-installer", "pull"),
            RegistryUnreachable("registry-1.docker.io", "no route"),
        ],
    )
    def test_the_default_explains_itself(
        self, error: KsimageError, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        class Gone:
            closed = False

            def top(self) -> None:
                raise error

            def close(self) -> None:
                Gone.closed = True

        monkeypatch.setattr(access, "open_source", lambda *_, **__: Gone())
        with pytest.raises(UpstreamWithdrawn) as caught:
            planning.plan("v3.3.2", Settings(), options=lambda _: None)
        assert Gone.closed
        assert "2025-07" in caught.value.why
        assert "--from docker-daemon:kubesphere/ks-installer" in " ".join(caught.value.advice)
        with pytest.raises(type(error)):
            planning.plan("v3.3.2", Settings(source="harbor.lan/x"), options=lambda _: None)

    def test_a_source_of_ones_own_is_not_excused(self, tmp_path: Path) -> None:
        with pytest.raises(ImageNotFound), derived.planned(f"oci:{tmp_path / 'missing'}"):
            pass


@pytest.mark.parametrize("what", ["https://harbor.lan/x:y", "a/B:c", "oci:"])
def test_refused_image(what: str) -> None:
    with pytest.raises(BadReference), derived.planned("x", what):
        pass
