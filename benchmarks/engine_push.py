"""An image of the Docker Engine into a registry: through the engine, or directly.

The image (4 x 50 MB of programs and one small layer of its own) was derived in the engine from a
base. In one case the base was pulled from that registry, as it is when people build with docker; in
the other the registry is empty. Whole processes, and what the registry stores more afterwards.

    python benchmarks/engine_push.py
"""

from __future__ import annotations

import os
import statistics
from pathlib import Path

from common import MEBIBYTE, RUNS, Measured, Published, folder, hook, push, registry, say, table
from tests.support import program
from tests.support.engine import Engine, running_engine
from tests.support.images import ImageStore
from tests.support.measure import measure
from tests.support.registry import RunningRegistry

REPOSITORY = "kubesphereio/ks-installer"
WAYS = ("engine", "direct")


def main() -> None:
    with folder() as place:
        say("making the base")
        store = ImageStore(place / "base")
        store.tag(store.image(Published(hook=hook(), programs=3)), "v3.3.2")
        rows = []
        for title, base_there in (("base in the registry", True), ("registry empty", False)):
            found: dict[str, list[tuple[float, float]]] = {way: [] for way in WAYS}
            for number in range(RUNS):
                for way in WAYS:
                    where = place / f"{way}-{base_there}-{number}"
                    with registry(where) as running, running_engine() as engine:
                        found[way].append(once(way, base_there, store, engine, running))
            engines, _ = medians(found["engine"])
            for way in WAYS:
                wall, stored = medians(found[way])
                ratio = f"{wall / engines:.1f}"
                rows.append((title, f"--through {way}", f"{wall:.2f}", f"{stored:.1f}", ratio))
    table(("case", "way", "seconds", "MiB stored", "ratio"), rows)


def once(
    way: str, base_there: bool, store: ImageStore, engine: Engine, running: RunningRegistry
) -> tuple[float, float]:
    """Seconds of one push, and the MiB that the registry stores more."""
    name = f"{running.address}/{REPOSITORY}"
    if base_there:
        push(store, "v3.3.2", f"{name}:v3.3.2")
        engine.docker("pull", "--quiet", f"{name}:v3.3.2")
    else:
        os.environ["DOCKER_HOST"] = engine.host
        push(store, "v3.3.2", f"docker-daemon:{name}:v3.3.2")
        del os.environ["DOCKER_HOST"]
    context = engine.folder / "context"
    context.mkdir()
    (context / "Dockerfile").write_text(f"FROM {name}:v3.3.2\nCOPY small /hooks/small\n")
    (context / "small").write_text("one file")
    engine.docker("build", "--quiet", "--tag", "derived/ks-installer:v3.3.2-debug", str(context))
    before = stored(running.data)
    done = push_once(way, engine, f"{name}:v3.3.2-debug")
    return done.wall, (stored(running.data) - before) / MEBIBYTE


def push_once(way: str, engine: Engine, to: str) -> Measured:
    image = "docker-daemon:derived/ks-installer:v3.3.2-debug"
    command = [*program.COMMAND, "push", image, "--to", to, "--through", way]
    return measure(command, env=program.environment({"DOCKER_HOST": engine.host})).ok()


def stored(data: Path) -> int:
    """Bytes of all files below."""
    return sum(path.stat().st_size for path in data.rglob("*") if path.is_file())


def medians(found: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(wall for wall, _ in found), statistics.median(m for _, m in found)


if __name__ == "__main__":
    main()
