"""Tags in a registry."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from tests.advice.situation import Words, situation, stocked
from tests.support import derived


@situation("outdated", registry=True, cured=True)
def not_built_yet(folder: Path) -> Words:
    return ("check", "v3.3.2", "--from", stocked(folder))


@situation("outdated", registry=True, cured=True)
def not_built_yet_from_one_image(folder: Path) -> Words:
    """With a whole reference as the base, its own tag was looked at instead of the result's."""
    return ("check", "v3.3.2", "--from", f"{stocked(folder)}/ks-installer:v3.3.2")


@situation("outdated", registry=True, cured=True)
def built_with_another_verbosity(folder: Path) -> Words:
    project = stocked(folder)
    with derived.planned(project, verbosity=1) as plan:
        derived.publish_plan(plan, f"{project}/ks-installer:v3.3.2-debug")
    return ("check", "v3.3.2", "--from", project, "--verbose=3")


@situation("outdated", registry=True, cured=True)
def overwritten(folder: Path) -> Words:
    project = stocked(folder)
    with closing(derived.opened(f"oci:{folder}/image")) as source:
        derived.copied(source, f"{project}/ks-installer:v3.3.2-debug")
    return ("check", "--from", project, "v3.3.2")


@situation("tag-occupied", registry=True, places={"TAG": "other"})
def occupied_in_a_registry(folder: Path) -> Words:
    project = stocked(folder)
    with closing(derived.opened(f"oci:{folder}/image")) as source:
        derived.copied(source, f"{project}/ks-installer:v3.3.2-debug")
    return ("build", "v3.3.2", "--from", project, "--push")


@situation("builds-failed", "the others are done", registry=True)
def one_of_two_fails(folder: Path) -> Words:
    return ("build", "v3.3.2", "v3.4.1", "--from", stocked(folder), "--push")
