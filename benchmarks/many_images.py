"""Many releases in one process: 12 images of two platforms in one registry.

The releases share their base layers, as builds of one pipeline do. The results go to another
repository of the same registry, so that each blob has to be looked at; with one process for all of
them, once.

    python benchmarks/many_images.py
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from common import RUNS, folder, ksimage, median, push, registry, say, table
from tests.support.images import ImageStore, Recipe
from tests.support.program import MINIATURE_HOOK
from tests.support.registry import Logged, RunningRegistry

RELEASES = (
    "v3.1.0", "v3.1.1", "v3.2.0", "v3.2.1", "v3.3.0", "v3.3.1", "v3.3.2", "v3.4.0", "v3.4.1",
    "v3.3.0-patch.0", "v3.3.2-patch.0", "v3.4.1-patch.0",
)  # fmt: skip
COUNTS = (1, 2, 4, 8, 12)
PADDING = 8 << 20


def main() -> None:
    with folder() as place, registry(place / "registry") as running:
        say("making the images")
        bases(running, place)
        rows = []
        first = 0.0
        for count in COUNTS:
            seconds = median(lambda run, n=count: build(running, n, f"{n}-{run}", place)) / count
            first = first or seconds
            running.requests()
            build(running, count, f"{count}-{RUNS}", place)
            asked, most = looked_at(running.requests())
            each = f"{asked / count:.1f}"
            rows.append((str(count), f"{seconds:.2f}", f"{seconds / first:.2f}", each, str(most)))
    headers = ("images", "seconds each", "ratio", "requests each", "most looks at one blob")
    table(headers, rows)


def bases(running: RunningRegistry, place: Path) -> None:
    """Twelve releases; per platform one base layer for all of them, hooks of their own."""
    for release in RELEASES:
        store = ImageStore(place / release)
        hook = MINIATURE_HOOK.read_bytes() + f"\n# {release}\n".encode()
        platforms = [
            Recipe(release, hook, architecture=architecture, seed=seed, padding=PADDING)
            for seed, architecture in enumerate(("amd64", "arm64"), 1)
        ]
        store.tag(store.index([store.image(recipe) for recipe in platforms]), release)
        push(store, release, f"{running.address}/mirror/ks-installer:{release}")


def build(running: RunningRegistry, count: int, project: str, place: Path) -> float:
    """Build some of them into a project that has nothing; seconds for all."""
    mirror, target = f"{running.address}/mirror", f"{running.address}/debug-{project}"
    return ksimage(
        "build", *RELEASES[:count], "--verbose", f"--from={mirror}", f"--target={target}", "--push",
        cwd=place,
    ).wall  # fmt: skip


def looked_at(requests: list[Logged]) -> tuple[int, int]:
    """All requests, and how often a blob of the target was asked about at most."""
    looks: Counter[str] = Counter()
    for request in requests:
        repository, kind, rest = request.path.partition("/blobs/")
        if not kind or "/debug-" not in repository or request.method not in ("HEAD", "POST"):
            continue
        blob = rest.partition("mount=")[2].partition("&")[0].replace("%3A", ":") or rest
        if "sha256" in blob:
            looks[blob] += 1
    return len(requests), max(looks.values(), default=0)


if __name__ == "__main__":
    main()
