"""From one registry to another, empty one: ksimage against plain copying.

An image of two platforms, 2 x 300 MB in the registry, is copied as it is by the peers, and patched
on the way by ksimage. Whole processes; wall time, CPU time and the largest memory of each.

    skopeo copy --all, crane copy

    python benchmarks/cross_registry.py         KS_INSTALLER_REPO=CLONE uses upstream's own hook
"""

from __future__ import annotations

import shutil
import statistics
from collections.abc import Callable
from pathlib import Path

from common import (
    RUNS,
    Measured,
    Published,
    folder,
    hook,
    ksimage,
    peer,
    push,
    registry,
    say,
    table,
)
from tests.support.images import ImageStore
from tests.support.measure import measure
from tests.support.registry import RunningRegistry

PROGRAMS = 11
REPOSITORY = "kubesphereio/ks-installer"

Copy = Callable[[str, str], Measured]


def main() -> None:
    with folder() as place, registry(place / "from") as origin:
        say("making the image")
        store = ImageStore(place / "base")
        platforms = [
            Published(hook=hook(), programs=PROGRAMS, seed=seed, architecture=architecture)
            for seed, architecture in enumerate(("amd64", "arm64"), 1)
        ]
        store.tag(store.index([store.image(recipe) for recipe in platforms]), "v3.3.2")
        push(store, "v3.3.2", f"{origin.address}/{REPOSITORY}:v3.3.2")
        shutil.rmtree(store.path)
        measured = [
            (title, [into_empty(origin, place, way) for _ in range(RUNS)])
            for title, way in ways(place).items()
        ]
    table(*ratios(measured))


def ways(place: Path) -> dict[str, Copy]:
    """The ways to get the image from one repository to another."""
    image = "ks-installer:v3.3.2"

    def ours(source: str, target: str) -> Measured:
        where = (f"--from={source}", f"--target={target}", "--push")
        return ksimage("build", "v3.3.2", "--verbose", *where, cwd=place)

    found: dict[str, Copy] = {"ksimage build --push": ours}
    if skopeo := peer("skopeo"):
        insecure = ("--src-tls-verify=false", "--dest-tls-verify=false")
        command = [skopeo, "--insecure-policy", "copy", "--all", *insecure]
        found["skopeo copy --all"] = lambda source, target: measure(
            [*command, f"docker://{source}/{image}", f"docker://{target}/{image}"]
        )
    if crane := peer("crane"):
        found["crane copy"] = lambda source, target: measure(
            [crane, "copy", "--insecure", f"{source}/{image}", f"{target}/{image}"]
        )
    return found


def into_empty(origin: RunningRegistry, place: Path, way: Copy) -> Measured:
    """One copy into a registry that has nothing."""
    project = REPOSITORY.rpartition("/")[0]
    with registry(place / "to") as empty:
        return way(f"{origin.address}/{project}", f"{empty.address}/{project}").ok()


def ratios(
    measured: list[tuple[str, list[Measured]]],
) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Medians, and ksimage's part of each peer's."""
    headers = ("other registry, 2 x 300 MB", "wall s", "CPU s", "MiB", "ksimage: wall", "CPU")
    medians = [
        (title, *(statistics.median(values) for values in zip(*map(figures, runs), strict=True)))
        for title, runs in measured
    ]
    _, our_wall, our_cpu, _ = medians[0]
    rows = [
        (
            str(title),
            f"{wall:.2f}",
            f"{cpu:.2f}",
            f"{rss:.0f}",
            f"{our_wall / wall:.2f}",
            f"{our_cpu / cpu:.2f}",
        )
        for title, wall, cpu, rss in medians
    ]
    return headers, rows


def figures(run: Measured) -> tuple[float, float, float]:
    return run.wall, run.cpu, run.rss


if __name__ == "__main__":
    main()
