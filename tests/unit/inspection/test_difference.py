"""What two images differ in, in the words of `check`."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import derived
from tests.support.images import Recipe

from ksimage.config.settings import PatchSettings
from ksimage.derivation import labels as label
from ksimage.errors import TagOccupied
from ksimage.inspection.difference import Face, differences, faces

OURS = {label.HOOK_AFTER: "a", label.PATCHES: f"unquiet@sha256:{'1' * 64}", label.VERSION: "1.0.0"}


def face(platform: str = "linux/amd64", level: str = "5", **labels: str) -> Face:
    keys = {"base": label.BASE_NAME, "patches": label.PATCHES, "version": label.VERSION}
    own = {keys.get(key, key): value for key, value in labels.items()}
    return Face(platform, {**OURS, **own}, level, ("sha256:1", "sha256:2"))


def test_item_by_item() -> None:
    patches = f"verbosity@sha256:{'2' * 64}"
    held = [face(mine="x", level="4", base="a/b:c", version="0.9.0", patches=patches)]
    assert differences(held, [face(mine="y")]) == [
        "built by ksimage 0.9.0, this is 1.0.0",
        "patches new: unquiet; gone: verbosity",
        "label org.opencontainers.image.base.name is set no more",
        "label mine is 'x', not 'y'",
        "its verbosity is 4, not 5",
    ]


def test_a_difference_of_all_platforms_is_told_once() -> None:
    both = ("linux/amd64", "linux/arm64")
    held = [face(name, level="") for name in both]
    assert differences(held, [face(name) for name in both]) == ["its verbosity is not set, not 5"]


def test_platforms() -> None:
    assert differences([face("linux/arm64")], [face("linux/amd64")]) == [
        "linux/amd64 is missing",
        "linux/arm64 is not in it",
    ]


def test_hostile_labels_stay_on_one_line() -> None:
    (line,) = differences([face(mine="a\n\x1b[31mb" + "c" * 500)], [face(mine="y")])
    assert line.isprintable() and len(line) < 150


def test_a_foreign_image_and_the_base() -> None:
    foreign = Face("linux/amd64", {}, "", ("sha256:1",))
    assert differences([foreign], [face()]) == ["it is the base, not patched"]
    other = Face("linux/amd64", {}, "", ("sha256:1", "sha256:9"))
    told = differences([other], [face()])
    assert told == ["ksimage did not make it", "1 of its 2 layers are in the other"]


def test_nothing_that_configs_say() -> None:
    assert differences([face()], [face()]) == ["nothing but times, or how its layers are packed"]


def test_a_refusal_says_what_differs(tmp_path: Path) -> None:
    location = derived.base(tmp_path / "base", Recipe())
    to = f"oci:{tmp_path}/out:x"
    fewer = PatchSettings(exclude=("failure-report",))
    with derived.planned(location, verbosity=4, patches=fewer) as plan:
        derived.publish_plan(plan, to)
    with (
        derived.planned(location, labels={"a": "b"}) as plan,
        pytest.raises(TagOccupied) as caught,
    ):
        derived.publish_plan(plan, to)
    assert "differs from this one: " in caught.value.why
    assert "\ndiffers from this one: its verbosity is 4, not 0" in caught.value.why
    assert "differs from this one: label a is not set" in caught.value.why


def test_both_ways_to_read_an_image_agree(tmp_path: Path) -> None:
    with derived.planned(derived.base(tmp_path / "base")) as plan:
        derived.publish_plan(plan, f"oci:{tmp_path}/out:x")
    source = derived.opened(f"oci:{tmp_path}/out:x")
    (found,) = faces(source)
    source.close()
    assert found.platform == "linux/amd64"
    assert found.labels[label.RELEASE] == "v3.3.2"
