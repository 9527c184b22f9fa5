"""Answers for scripts, and proofs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ksimage import resources
from ksimage.config.settings import PatchSettings
from tests.advice.situation import BUILD, Words, image, situation
from tests.support import derived
from tests.support.images import Recipe, layout
from tests.unit.cli.own_patches import patch, series


@situation("cannot-reproduce", places={"LOCATION": "oci:image"})
def base_in_no_registry(folder: Path) -> Words:
    image(folder)
    with derived.planned(f"oci:{folder}/image") as plan:
        derived.publish_plan(plan, f"oci:{folder}/out")
    return ("reproduce", "oci:out")


@situation("cannot-reproduce", places={"FILE": "own.patch", "DIR": "mine"})
def built_with_a_patch_of_ones_own(folder: Path) -> Words:
    image(folder)
    series(folder / "mine", "own")
    (folder / "own.patch").write_bytes(patch("own"))
    own_patch = PatchSettings(files=(folder / "own.patch",))
    with derived.planned(f"oci:{folder}/image", patches=own_patch) as plan:
        derived.publish_plan(plan, f"oci:{folder}/out")
    return ("reproduce", "oci:out", "--base", "oci:image")


class Committed(Recipe):
    """What `docker commit` makes of a container that was started with another entrypoint."""

    def config(self) -> dict[str, Any]:
        return {**super().config(), "Entrypoint": ["sh"], "User": ""}


@situation("base-broken", places={"LOCATION": "oci:good"}, cured=False)
def a_committed_container(folder: Path) -> Words:
    image(folder, Committed())
    image(folder, name="good")
    return BUILD


@situation("not-our-build")
def upstreams_image(folder: Path) -> Words:
    image(folder)
    return ("verify", "oci:image:v3.3.2")


@situation("proofs-missing", places={"LOCATION": "oci:image"})
def without_the_base(folder: Path) -> Words:
    image(folder)
    with derived.planned("oci:image") as plan:
        derived.publish_plan(plan, "oci:out:v3.3.2-debug")
    return ("verify", "oci:out:v3.3.2-debug")


@situation("shipped-patch", "make your own of it:", "and build with it:")
def a_patch_of_ksimages_own(folder: Path) -> Words:
    image(folder)
    path = str(resources.path("patches") / "unquiet.patch")
    return ("patches", "refresh", path, "--release", "v3.3.2", "--from", "oci:image")


@situation("patches-failed")
def a_hook_with_all_of_it_already(folder: Path) -> Words:
    image(folder)
    with derived.planned("oci:image") as plan:
        whole = plan.platforms[0].patched.after
    layout(folder / "image", Recipe(hook=whole))
    return BUILD
