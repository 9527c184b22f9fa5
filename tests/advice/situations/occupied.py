"""Tags that somebody else has, or writes at the same time."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from tests.advice.situation import Words, image, place, situation, stocked
from tests.support import derived
from tests.support.images import Recipe


def other(folder: Path, to: str, number: int) -> None:
    """An image of somebody's own under a name."""
    name = f"other{number}"
    derived.base(folder / name, Recipe(labels={"n": str(number)}))
    with closing(derived.opened(f"oci:{folder}/{name}")) as source:
        derived.copied(source, to)


@situation("kept-tag-occupied", "delete those", registry=True, places={"TAG": "other"})
def every_name_is_taken(folder: Path) -> Words:
    project = stocked(folder)
    endings = ("", "-orig", *(f"-orig-{number}" for number in range(2, 10)))
    for number, ending in enumerate(endings):
        other(folder, f"{project}/ks-installer:v3.3.2-debug{ending}", number)
    return ("build", "v3.3.2", "--from", project, "--push", "--replace")


@situation("tag-moved", registry=True)
def somebody_pushes_meanwhile(folder: Path) -> Words:
    from ksimage.locations.registry.target import RegistryTarget

    project = stocked(folder)
    image(folder, name="mine")
    name = f"{project}/ks-installer:v3.3.2-debug"
    real = RegistryTarget.tag

    def late(self: RegistryTarget, *words: Any) -> Any:
        place.env.setattr(RegistryTarget, "tag", real)
        other(folder, name, 1)
        return real(self, *words)

    place.env.setattr(RegistryTarget, "tag", late)
    return ("build", "v3.3.2", "--from", project, "--push", "--replace")


@situation(
    "blob-missing",
    registry=True,
    needs="registry",
    places={"LOCATION": "oci:image", "TAG": "v3.3.2"},
)
def a_blob_was_deleted(folder: Path) -> Words:
    project = stocked(folder)
    largest = max((folder / "image/blobs/sha256").iterdir(), key=lambda p: p.stat().st_size)
    repository = project.partition("/")[2]
    link = place.running.data / "docker/registry/v2/repositories" / repository
    link = link / "ks-installer/_layers/sha256" / largest.name / "link"
    link.unlink()
    return ("build", "v3.3.2", "--from", project, "--to", "oci:out")
