"""What a name holds: read from images of every kind, shown to people and scripts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.support.documents import read
from tests.support.harbor import ROBOT, ROBOT_SECRET, FakeHarbor
from tests.support.images import HOOK, ImageStore, Recipe, layout
from tests.support.registry import RunningRegistry

from ksimage.cli.output.documents.verdicts import inspection_document
from ksimage.cli.output.inspection import inspection_rows
from ksimage.errors import ImageNotFound
from ksimage.harbor import api
from ksimage.inspection import report as inspecting
from ksimage.inspection.identity import Origin
from ksimage.inspection.overwrite import MovedBack
from ksimage.inspection.report import Inspection
from ksimage.locations import access, spec
from ksimage.locations.options import RegistryOptions
from ksimage.locations.transfer import copy
from ksimage.upstream import releases

AS_ROBOT = RegistryOptions(username=ROBOT, password=ROBOT_SECRET)


def look(text: str, options: Any = None, harbor: Any = None, **details: Any) -> Inspection:
    location = spec.parse(text)
    source = access.open_source(location, options=options)
    try:
        return inspecting.inspect(source, location, harbor, options=options, **details)
    finally:
        source.close()


def send(source: str, to: str, options: Any = None) -> None:
    """Push as KubeKey does: whatever the tag holds."""
    opened = access.open_source(spec.parse(source))
    target = access.open_target(spec.parse(to), options=options)
    copy(opened, target)
    target.close()
    opened.close()


@pytest.fixture
def pristine(monkeypatch: pytest.MonkeyPatch) -> None:
    """The miniature hook counts as upstream's of v3.3.2."""
    release = releases.find("v3.3.2")
    monkeypatch.setattr(releases, "by_hook", lambda _: (release,))


class TestImages:
    def test_index(self, tmp_path: Path) -> None:
        recipes = [Recipe(), Recipe(architecture="arm64", family="docker")]
        digest = layout(tmp_path / "l", *recipes, attestations=True)
        found = look(f"oci:{tmp_path}/l")
        assert found.is_index and found.digest == digest
        assert [platform.platform for platform in found.platforms] == ["linux/amd64", "linux/arm64"]
        assert found.dropped and "attestation" in found.dropped[0]
        assert found.judgement is None and found.view is None and found.kept is None

    def test_one_platform_of_it(self, tmp_path: Path) -> None:
        layout(tmp_path / "l", Recipe(), Recipe(architecture="arm64"))
        (only,) = look(f"oci:{tmp_path}/l", platforms=["linux/arm64"]).platforms
        assert only.platform == "linux/arm64"

    def test_digests_and_sizes_are_the_stores(self, tmp_path: Path) -> None:
        digest = layout(tmp_path / "l", Recipe(family="oci"))
        store = ImageStore(tmp_path / "l")
        manifest = store.json(digest)
        (platform,) = look(f"oci:{tmp_path}/l").platforms
        assert platform.digest == digest
        assert platform.image_id == manifest["config"]["digest"]
        sizes = [manifest["config"]["size"], *(layer["size"] for layer in manifest["layers"])]
        assert (platform.size, platform.layers) == (sum(sizes), len(sizes) - 1)
        assert platform.entrypoint == ["/shell-operator"] and platform.user == "kubesphere"
        assert platform.lost == () and platform.verbosity is None

    def test_foreign_hook(self, tmp_path: Path) -> None:
        layout(tmp_path / "l", Recipe())
        (platform,) = look(f"oci:{tmp_path}/l").platforms
        assert platform.identity is not None
        assert platform.identity.origin is Origin.FOREIGN

    @pytest.mark.usefixtures("pristine")
    def test_pristine_hook(self, tmp_path: Path) -> None:
        layout(tmp_path / "l", Recipe(hook=HOOK))
        found = look(f"oci:{tmp_path}/l")
        identity = found.platforms[0].identity
        assert identity is not None and identity.origin is Origin.PRISTINE
        assert ("holds", "upstream's pristine hook of v3.3.2") in inspection_rows(found)

    def test_an_image_without_the_hook_is_shown_all_the_same(self, tmp_path: Path) -> None:
        layout(tmp_path / "l", Recipe(variant="no-hook"))
        found = look(f"oci:{tmp_path}/l")
        (platform,) = found.platforms
        assert platform.identity is None and platform.no_hook
        document = read(inspection_document(found))["platforms"][0]
        assert document["origin"] is None and document["hook_sha256"] is None
        assert any("no ks-installer hook" in value for _, value in inspection_rows(found))

    def test_docker_commit_is_flagged(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = Recipe.config
        lost = {"Entrypoint": ["/bin/sh"], "User": "root"}
        monkeypatch.setattr(Recipe, "config", lambda self: settings(self) | lost)
        layout(tmp_path / "l", Recipe())
        found = look(f"oci:{tmp_path}/l")
        assert len(found.platforms[0].lost) == 2
        flagged = [value for label, value in inspection_rows(found) if label == "LOST"]
        assert "entrypoint" in flagged[0] and "user" in flagged[1]

    def test_missing(self, tmp_path: Path) -> None:
        layout(tmp_path / "l", Recipe())
        with pytest.raises(ImageNotFound):
            look(f"oci:{tmp_path}/l:v9")


class TestShown:
    def test_hostile_texts_cannot_steer_the_terminal(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = Recipe.config
        hostile = {"User": "\x1b[2Jroot\n\nok", "Cmd": ["a" * 5000, "\x07"], "Entrypoint": "x"}
        monkeypatch.setattr(Recipe, "config", lambda self: settings(self) | hostile)
        layout(tmp_path / "l", Recipe())
        rows = inspection_rows(look(f"oci:{tmp_path}/l"))
        for label, value in rows:
            assert label.isprintable() and value.isprintable()
            assert len(value) <= 300

    def test_document_is_json_and_stable(self, tmp_path: Path) -> None:
        layout(tmp_path / "l", Recipe(), Recipe(architecture="arm64"))
        document = json.loads(json.dumps(inspection_document(look(f"oci:{tmp_path}/l"))))
        assert sorted(document) == [
            "digest",
            "dropped",
            "harbor",
            "kept",
            "media_type",
            "name",
            "overwritten",
            "platforms",
            "warnings",
        ]
        assert sorted(document["platforms"][0]) == [
            "base",
            "cmd",
            "created",
            "digest",
            "entrypoint",
            "holds",
            "hook_sha256",
            "image_id",
            "layers",
            "media_type",
            "origin",
            "patches",
            "platform",
            "release",
            "run_settings_lost",
            "size",
            "user",
            "verbosity",
        ]


class TestRegistry:
    def test_a_plain_registry_answers_without_harbor(
        self, registry: RunningRegistry, tmp_path: Path
    ) -> None:
        layout(tmp_path / "l", Recipe(), Recipe(architecture="arm64"))
        name = f"{registry.address}/inspect/ks-installer"
        send(f"oci:{tmp_path}/l", f"{name}:v3.3.2")
        found = look(f"{name}:v3.3.2")
        assert found.judgement and found.judgement.answer is MovedBack.UNKNOWN
        assert any("KubeKey pushes over the tag v3.3.2" in w for w in found.warnings)

    @pytest.mark.usefixtures("pristine")
    def test_original_is_back(self, registry: RunningRegistry, tmp_path: Path) -> None:
        layout(tmp_path / "l", Recipe(seed=7), Recipe(seed=7, architecture="arm64"))
        name = f"{registry.address}/inspect-back/ks-installer"
        for tag in ("v3.3.2", "v3.3.2-orig"):
            send(f"oci:{tmp_path}/l", f"{name}:{tag}")
        found = look(f"{name}:v3.3.2")
        assert found.kept and found.kept.digest == found.digest
        assert found.judgement and found.judgement.answer is MovedBack.LIKELY

    @pytest.mark.usefixtures("pristine")
    def test_kubekeys_names_are_recognised_by_their_digest(
        self, registry: RunningRegistry, tmp_path: Path
    ) -> None:
        layout(tmp_path / "l", Recipe(seed=8), Recipe(seed=8, architecture="arm64"))
        layout(tmp_path / "amd64", Recipe(seed=8))
        layout(tmp_path / "other", Recipe(architecture="arm64", labels={"another": "image"}))
        name = f"{registry.address}/inspect-kk/ks-installer"
        send(f"oci:{tmp_path}/l", f"{name}:v3.3.2")
        send(f"oci:{tmp_path}/amd64", f"{name}:v3.3.2-amd64")
        send(f"oci:{tmp_path}/other", f"{name}:v3.3.2-arm64")
        found = look(f"{name}:v3.3.2")
        assert found.judgement
        (fact,) = [fact for fact in found.judgement.facts if "as KubeKey does" in fact]
        assert "v3.3.2-amd64" in fact and "arm64" not in fact

    def test_by_digest(self, registry: RunningRegistry, tmp_path: Path) -> None:
        digest = layout(tmp_path / "l", Recipe())
        name = f"{registry.address}/inspect-digest/ks-installer"
        send(f"oci:{tmp_path}/l", f"{name}:v3.3.2")
        found = look(f"{name}@{digest}")
        assert found.judgement and found.judgement.answer is MovedBack.NO and found.kept is None


@pytest.mark.usefixtures("pristine")
class TestHarbor:
    @pytest.fixture
    def name(self, harbor: FakeHarbor, tmp_path: Path) -> str:
        """A tag that held the original, then another image, then the original again."""
        harbor.projects["kubesphereio"].members[ROBOT].add("log")
        layout(tmp_path / "original", Recipe())
        layout(tmp_path / "other", Recipe(labels={"another": "image"}))
        name = f"{harbor.address}/kubesphereio/ks-installer"
        send(f"oci:{tmp_path}/original", f"{name}:v3.3.2", AS_ROBOT)
        send(f"oci:{tmp_path}/original", f"{name}:v3.3.2-orig", AS_ROBOT)
        send(f"oci:{tmp_path}/other", f"{name}:v3.3.2", AS_ROBOT)
        send(f"oci:{tmp_path}/original", f"{name}:v3.3.2", AS_ROBOT)
        return name

    def test_yes_with_who_and_when(self, harbor: FakeHarbor, name: str) -> None:
        there = api.detect(harbor.address, AS_ROBOT)
        found = look(f"{name}:v3.3.2", AS_ROBOT, there)
        assert found.judgement and found.judgement.answer is MovedBack.YES
        assert found.view and found.view.pushes and found.view.pushes[0].user == ROBOT
        assert any(f"last pushed by {ROBOT}" in fact for fact in found.judgement.facts)
        document = read(inspection_document(found))
        assert document["harbor"]["version"] == harbor.version
        assert [push["user"] for push in document["harbor"]["pushes"]] == [ROBOT] * 3
        assert {tag["name"] for tag in document["harbor"]["tags"]} == {"v3.3.2", "v3.3.2-orig"}

    def test_a_stranger_gets_the_image_and_no_error(self, harbor: FakeHarbor, name: str) -> None:
        there = api.detect(harbor.address, RegistryOptions())
        found = look(f"{name}:v3.3.2", RegistryOptions(), there)
        assert found.judgement and found.judgement.answer is MovedBack.YES  # times are public
        assert found.view and found.view.pushes is None
        assert any("who pushed" in warning for warning in found.warnings)
        assert ("pushed by", "not told to this login") in inspection_rows(found)

    def test_immutability_is_told(self, harbor: FakeHarbor, name: str) -> None:
        harbor.projects["kubesphereio"].immutable = ["v3*"]
        found = look(f"{name}:v3.3.2", AS_ROBOT, api.detect(harbor.address, AS_ROBOT))
        assert any("immutable" in warning for warning in found.warnings)
        assert any(", immutable" in value for _, value in inspection_rows(found))
