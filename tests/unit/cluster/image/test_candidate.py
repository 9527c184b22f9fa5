"""What is examined before a rollout, in a real registry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.support import derived
from tests.support.images import Recipe
from tests.support.program import ksimage
from tests.support.registry import RunningRegistry

from ksimage.cluster.image import candidate, meaning
from ksimage.errors import ImageNotFound, UsageError
from ksimage.locations import spec
from ksimage.locations.options import RegistryOptions
from ksimage.locations.spec import Location


def options(location: Location) -> Any:
    return RegistryOptions()


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
    found = candidate.examine(spec.parse(f"{repository}:v3.3.2-debug"), options)
    assert found.doubts == ()
    assert found.release == "v3.3.2"
    assert found.platforms == ("linux/amd64", "linux/arm64")
    assert found.pinned == f"{repository}@{found.digest}"
    assert len(found.ids) == 5  # an index, two manifests, two configs
    assert found.digest in found.ids
    assert "unquiet" in found.patches


def test_upstreams_own_is_doubted(repository: str) -> None:
    found = candidate.examine(spec.parse(f"{repository}:v3.3.2"), options)
    assert any("made by ksimage" in doubt for doubt in found.doubts)


def test_what_no_node_could_pull(tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        candidate.examine(spec.parse(f"oci:{tmp_path}:x"), options)


def test_the_usual_name_is_taken_among_several(repository: str) -> None:
    found = candidate.newest(f"{repository}:v3.3.2", "v3.3.2", options)
    assert str(found) == f"{repository}:v3.3.2-debug"


def test_beside_the_running_image(repository: str) -> None:
    found = candidate.beside(f"{repository}@sha256:{'a' * 64}", "v3.3.2-quiet")
    assert str(found) == f"{repository}:v3.3.2-quiet"
    with pytest.raises(UsageError):
        candidate.beside("NO REFERENCE", "x")


def test_there_is_none(repository: str) -> None:
    with pytest.raises(ImageNotFound):
        candidate.newest(f"{repository}:v3.3.2", "v3.4.1", options)
    with pytest.raises(ImageNotFound):
        candidate.newest(f"{repository}x:v3.3.2", "v3.3.2", options)


def test_another_name_of_the_same_config(repository: str) -> None:
    found = candidate.examine(spec.parse(f"{repository}:v3.3.2-debug"), options)
    assert candidate.same_config(found.pinned, found, options)
    other = candidate.examine(spec.parse(f"{repository}:v3.3.2"), options)
    assert not candidate.same_config(other.pinned, found, options)
    assert not candidate.same_config("elsewhere.lan/x@" + found.digest, found, options)
    assert not candidate.same_config("", found, options)


def test_what_the_registry_says_of_a_running_image(repository: str) -> None:
    ours = candidate.examine(spec.parse(f"{repository}:v3.3.2-debug"), options)
    held = meaning.hold(f"other.lan/x@{ours.digest}", f"{repository}:v3.3.2", options)
    assert held is not None
    assert held.digest == ours.digest
    assert held.ids == ours.ids
    tag = meaning.look_at_tag(f"{repository}:v3.3.2-debug", options)
    assert tag is not None
    assert tag.held.digest == ours.digest
    assert meaning.look_at_tag(ours.pinned, options) is None
    assert meaning.hold("", "NO REFERENCE", options) is None
