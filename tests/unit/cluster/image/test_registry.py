"""What a registry says of the image that a pod runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support import derived
from tests.support.images import Recipe
from tests.support.program import ksimage
from tests.support.registry import RunningRegistry

from ksimage.cluster.image import registry as images
from ksimage.errors import ImageNotFound, KsimageError, UsageError
from ksimage.locations import spec
from ksimage.locations.options import RegistryOptions
from ksimage.locations.spec import Location


def options(location: Location) -> Any:
    return RegistryOptions()


@pytest.fixture(scope="module")
def name(registry: RunningRegistry, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("held")
    base = derived.base(folder / "base", Recipe(), Recipe(architecture="arm64"))
    pushed = f"{registry.address}/held/ks-installer"
    ksimage("push", base, "--to", f"{pushed}:v3.3.2", cwd=folder).ok()
    return pushed


def test_what_the_tag_means_now_has_the_ids_of_all_platforms(name: str) -> None:
    found = images.look_at_tag(f"{name}:v3.3.2", options)
    assert found is not None and found.name == "v3.3.2"
    assert len(found.held.ids) == 5  # an index, two manifests, two configs
    assert found.held.digest in found.held.ids
    assert found.held.labels["maintainer"] == "kubesphere"


@pytest.mark.parametrize("asked", ["{name}@sha256:" + "a" * 64, "{name}", "not a name!"])
def test_what_names_no_tag_is_not_asked_for(name: str, asked: str) -> None:
    assert images.look_at_tag(asked.format(name=name), options) is None


def test_the_running_image_is_asked_for_by_its_digest(name: str) -> None:
    tagged = images.look_at_tag(f"{name}:v3.3.2", options)
    assert tagged is not None
    for digest in tagged.held.ids & {tagged.held.digest}:
        reported = f"elsewhere.invalid/other@{digest}"
        assert images.hold(reported, f"{name}:v3.3.2", options) == tagged.held


def test_nothing_that_can_be_asked_for() -> None:
    assert images.hold("", "no name at all!", options) is None


def test_a_digest_that_is_not_there(name: str) -> None:
    with pytest.raises(KsimageError):
        images.hold(f"x@sha256:{'0' * 64}", f"{name}:v3.3.2", options)


@pytest.fixture(scope="module")
def repository(registry: RunningRegistry, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Upstream's v3.3.2 for two platforms, and two builds of ours."""
    folder = tmp_path_factory.mktemp("candidate")
    base = derived.base(folder / "base", Recipe(), Recipe(architecture="arm64"))
    name = f"{registry.address}/candidate/ks-installer"
    ksimage("push", base, "--to", f"{name}:v3.3.2", cwd=folder).ok()
    for tag in ("v3.3.2-debug", "v3.3.2-quiet"):
        words = ("build", "v3.3.2", "--from", name, "--to", f"{name}:{tag}", "--engine", "direct")
        label = ("--label", f"a={tag}")
        ksimage(*words, *label, cwd=folder).ok()
    return name


def test_a_build_of_ours(repository: str) -> None:
    found = images.examine(spec.parse(f"{repository}:v3.3.2-debug"), options)
    assert found.doubts == ()
    assert found.release == "v3.3.2"
    assert found.platforms == ("linux/amd64", "linux/arm64")
    assert found.pinned == f"{repository}@{found.digest}"
    assert len(found.ids) == 5  # an index, two manifests, two configs
    assert found.digest in found.ids
    assert "unquiet" in found.patches


def test_upstreams_own_is_doubted(repository: str) -> None:
    found = images.examine(spec.parse(f"{repository}:v3.3.2"), options)
    assert any("made by ksimage" in doubt for doubt in found.doubts)


def test_what_no_node_could_pull(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        images.examine(spec.parse(f"oci:{tmp_path}:x"), options)


def test_the_usual_name_is_taken_among_several(repository: str) -> None:
    found = images.newest(f"{repository}:v3.3.2", "v3.3.2", options)
    assert str(found) == f"{repository}:v3.3.2-debug"


def test_beside_the_running_image(repository: str) -> None:
    found = images.beside(f"{repository}@sha256:{'a' * 64}", "v3.3.2-quiet")
    assert str(found) == f"{repository}:v3.3.2-quiet"
    with pytest.raises(UsageError):
        images.beside("NO REFERENCE", "x")


def test_there_is_none(repository: str) -> None:
    with pytest.raises(ImageNotFound):
        images.newest(f"{repository}:v3.3.2", "v3.4.1", options)
    with pytest.raises(ImageNotFound):
        images.newest(f"{repository}x:v3.3.2", "v3.3.2", options)


def test_another_name_of_the_same_config(repository: str) -> None:
    found = images.examine(spec.parse(f"{repository}:v3.3.2-debug"), options)
    assert images.same_config(found.pinned, found, options)
    other = images.examine(spec.parse(f"{repository}:v3.3.2"), options)
    assert not images.same_config(other.pinned, found, options)
    assert not images.same_config("elsewhere.lan/x@" + found.digest, found, options)
    assert not images.same_config("", found, options)


def test_what_the_registry_says_of_a_running_image(repository: str) -> None:
    ours = images.examine(spec.parse(f"{repository}:v3.3.2-debug"), options)
    held = images.hold(f"other.lan/x@{ours.digest}", f"{repository}:v3.3.2", options)
    assert held is not None
    assert held.digest == ours.digest
    assert held.ids == ours.ids
    tag = images.look_at_tag(f"{repository}:v3.3.2-debug", options)
    assert tag is not None
    assert tag.held.digest == ours.digest
    assert images.look_at_tag(ours.pinned, options) is None
    assert images.hold("", "NO REFERENCE", options) is None
