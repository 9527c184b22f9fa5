"""A real Docker Engine that builds, but cannot run or push."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from tests.advice.situation import Words, image, known, place, situation
from tests.support import derived
from tests.support.images import Entry, Recipe, Step

NAME = "advice.test/x/ks-installer"


def engine(folder: Path) -> None:
    """The tests' engine, and an image that cannot run in it: it holds no Python."""
    place.env.setenv("DOCKER_HOST", place.running.host)
    image(folder)


@situation("smoke-test-failed", "take another base", needs="docker_engine")
def hook_cannot_start(folder: Path) -> Words:
    engine(folder)
    to = ("--to", f"docker-daemon:{NAME}:a", "--engine", "docker")
    return ("build", "v3.3.2", "--from", "oci:image", *to)


@situation("engine-push-failed", needs="engine_and_registry")
def engine_cannot_push(folder: Path) -> Words:
    """The engine does not know a name that this machine knows."""
    engine(folder)
    known("advice.test")
    with closing(derived.opened("oci:image")) as source:
        derived.copied(source, f"docker-daemon:{NAME}:v3.3.2", overwrite=True)
    to = f"advice.test:{place.running.registry.port}/x/ks-installer:v3.3.2"
    return ("push", f"docker-daemon:{NAME}:v3.3.2", "--to", to, "--insecure", "--through", "engine")


class Deep(Recipe):
    """As many layers as Docker takes (moby, layer/layer.go: 125); one more is refused."""

    def steps(self) -> list[Step]:
        below = [step for step in super().steps() if not step.empty]
        files = [Entry(f"deep/{number}", b"x") for number in range(125 - len(below))]
        return [*super().steps(), *(Step("RUN true", (file,)) for file in files)]


@situation("build-failed", needs="docker_engine")
def one_layer_too_many(folder: Path) -> Words:
    place.env.setenv("DOCKER_HOST", place.running.host)
    image(folder, Deep())
    return ("build", "v3.3.2", "--from", "oci:image", "--to", "oci:out", "--engine", "docker")


@situation("engine-refused", needs="docker_engine")
def layer_of_another_image(folder: Path) -> Words:
    place.env.setenv("DOCKER_HOST", place.running.host)
    image(folder, Recipe(variant="wrong-diff-ids"))
    return ("push", "oci:image", "--to", f"docker-daemon:{NAME}:c")
