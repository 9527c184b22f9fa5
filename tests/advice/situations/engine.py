"""A real Docker Engine that builds, but cannot run or push."""

from __future__ import annotations

import time
from pathlib import Path

from tests.advice.situation import Words, image, place, situation

NAME = "advice.test/x/ks-installer"


def engine(folder: Path) -> str:
    """The tests' engine, with an image that cannot run in it: it holds no Python."""
    place.env.setenv("DOCKER_HOST", place.running.host)
    image(folder)
    return f"docker-daemon:{NAME}-{time.monotonic_ns()}"


@situation("smoke-test-failed", "take another base", needs="docker_engine")
def hook_cannot_start(folder: Path) -> Words:
    engine(folder)
    return ("build", "v3.3.2", "--from", "oci:image", "--to", f"docker-daemon:{NAME}:a",
            "--engine", "docker")  # fmt: skip


@situation("engine-push-failed", needs="docker_engine")
def engine_cannot_push(folder: Path) -> Words:
    engine(folder)
    place.running.docker("pull", "-q", "nothing/x", check=False)
    from contextlib import closing

    from tests.support import derived

    with closing(derived.opened("oci:image")) as source:
        derived.copied(source, f"docker-daemon:{NAME}:v3.3.2", overwrite=True)
    return ("push", f"docker-daemon:{NAME}:v3.3.2", "--to", "127.0.0.1:1/x/ks-installer:v3.3.2",
            "--through", "engine")  # fmt: skip
