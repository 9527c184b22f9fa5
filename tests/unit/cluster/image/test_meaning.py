"""What a registry says of the image that a pod runs."""

from __future__ import annotations

from typing import Any

import pytest
from tests.support import derived
from tests.support.images import Recipe
from tests.support.program import ksimage
from tests.support.registry import RunningRegistry

from ksimage.cluster.image import meaning
from ksimage.errors import KsimageError
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
    found = meaning.look_at_tag(f"{name}:v3.3.2", options)
    assert found is not None and found.name == "v3.3.2"
    assert len(found.held.ids) == 5  # an index, two manifests, two configs
    assert found.held.digest in found.held.ids
    assert found.held.labels["maintainer"] == "kubesphere"


@pytest.mark.parametrize("asked", ["{name}@sha256:" + "a" * 64, "{name}", "not a name!"])
def test_what_names_no_tag_is_not_asked_for(name: str, asked: str) -> None:
    assert meaning.look_at_tag(asked.format(name=name), options) is None


def test_the_running_image_is_asked_for_by_its_digest(name: str) -> None:
    tagged = meaning.look_at_tag(f"{name}:v3.3.2", options)
    assert tagged is not None
    for digest in tagged.held.ids & {tagged.held.digest}:
        reported = f"elsewhere.invalid/other@{digest}"
        assert meaning.hold(reported, f"{name}:v3.3.2", options) == tagged.held


def test_nothing_that_can_be_asked_for() -> None:
    assert meaning.hold("", "no name at all!", options) is None


def test_a_digest_that_is_not_there(name: str) -> None:
    with pytest.raises(KsimageError):
        meaning.hold(f"x@sha256:{'0' * 64}", f"{name}:v3.3.2", options)
