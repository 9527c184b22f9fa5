"""One source tree of ksimage against another: what changes did to the time that it takes.

    --help                          the whole program does nothing but load
    first build, same registry      nothing remembered, a name and a layer that nobody has
    second run                      the same once more: there is nothing to do, and nothing is sent
    second run, remembering         likewise, with what the run before it left in the cache
    other registry                  an image of two platforms into a registry that is empty

The two trees take turns, each first as often as the other: so whatever else the machine does meets
both. Each tree has its modules compiled, as pip leaves them, and a cache of its own. What counts is
the CPU time (user and system) of the whole process; the wall time says what a loaded machine made
of it. The ratio is new to old, of the medians; 1.05 is the most that it may be.

    python benchmarks/against_old.py OLD NEW [RUNS] [WAY]...      trees that have src/ksimage
    python benchmarks/against_old.py ../old . 40 second           only what begins with "second"
"""

from __future__ import annotations

import compileall
import contextlib
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from common import Published, RunningRegistry, folder, hook, push, registry, say, table
from tests.support import program
from tests.support.images import ImageStore

REPOSITORY = "kubesphereio/ks-installer"
PROJECT = REPOSITORY.rpartition("/")[0]
PROGRAMS = 3
LIMIT = 1.05
COPIES = 4  # a copy takes as long as this many other runs


class Used(NamedTuple):
    """What one process took, in seconds."""

    cpu: float
    wall: float


class Tree:
    """One of the two source trees, and the folders that its runs have for themselves."""

    def __init__(self, name: str, top: Path, place: Path) -> None:
        if not (top / "src" / "ksimage").is_dir():
            sys.exit(f"{top}: no src/ksimage in it")
        self.name = name
        self.place = place / name
        self.place.mkdir()
        self.cache = str(self.place / "cache")
        self._source = str(top.resolve() / "src")
        compileall.compile_dir(self._source, quiet=1)

    def run(self, *arguments: str, cache: str = "off", epoch: int = 0) -> Used:
        """The whole process of one command, which must succeed."""
        changes = {
            "DOCKER_CONFIG": str(self.place),
            "KSIMAGE_CACHE_DIR": cache,
            "PYTHONPATH": self._source,
            "SOURCE_DATE_EPOCH": str(epoch),
        }
        output = self.place / "output"
        with output.open("wb") as file:
            began = time.monotonic()
            process = subprocess.Popen(
                [*program.COMMAND, *arguments],
                env=program.environment(changes),
                cwd=self.place,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )
            _, status, usage = os.wait4(process.pid, 0)
            wall = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            sys.exit(f"{self.name}: {' '.join(arguments)}\n{output.read_text()}")
        return Used(usage.ru_utime + usage.ru_stime, wall)


Way = Callable[[Tree, int], Used]


def main() -> None:
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    runs = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    wanted = tuple(sys.argv[4:]) or ("",)
    rows = []
    with folder() as place, image(place) as origin:
        trees = [
            Tree(name, Path(top), place)
            for name, top in zip(("old", "new"), sys.argv[1:3], strict=True)
        ]
        for title, way in ways(origin, place).items():
            if title.startswith(wanted):
                say(title)
                often = max(3, runs // COPIES) if title == "other registry" else runs
                rows.append((title, *figures(in_turns(trees, way, often))))
    table(
        ("", "old CPU ms", "new CPU ms", "CPU ratio", "old wall ms", "new wall ms", "wall ratio"),
        rows,
    )
    print(f"the CPU ratio may be {LIMIT}")


@contextlib.contextmanager
def image(place: Path) -> Iterator[RunningRegistry]:
    """A registry that has the image: two platforms of the published shape."""
    with registry(place / "from") as origin:
        say("making the image")
        store = ImageStore(place / "base")
        platforms = [
            Published(hook=hook(), programs=PROGRAMS, seed=seed, architecture=architecture)
            for seed, architecture in enumerate(("amd64", "arm64"), 1)
        ]
        images = [store.image(recipe) for recipe in platforms]
        store.tag(store.index(images), "v3.3.2")
        push(store, "v3.3.2", f"{origin.address}/{REPOSITORY}:v3.3.2")
        shutil.rmtree(store.path)
        yield origin


def ways(origin: RunningRegistry, place: Path) -> dict[str, Way]:
    """What is measured, by name."""
    build = ("build", "v3.3.2", "--verbose", f"--from={origin.address}/{PROJECT}", "--push")

    def first(tree: Tree, number: int) -> Used:
        tag = f"--tag={{release}}-{tree.name}{number}"
        return tree.run(*build, tag, epoch=2 * number + (tree.name == "new"))

    def second(tree: Tree, _: int) -> Used:
        return first(tree, 0)

    def remembering(tree: Tree, _: int) -> Used:
        return tree.run(*build, f"--tag={{release}}-{tree.name}-cached", cache=tree.cache)

    def copy(tree: Tree, _: int) -> Used:
        with registry(place / "to") as empty:
            used = tree.run(*build, f"--target={empty.address}/{PROJECT}")
        shutil.rmtree(place / "to")
        return used

    return {
        "--help": lambda tree, _: tree.run("--help"),
        "first build, same registry": first,
        "second run": second,
        "second run, remembering": remembering,
        "other registry": copy,
    }


def in_turns(trees: Sequence[Tree], way: Way, runs: int) -> Mapping[str, list[Used]]:
    """What each tree's runs took, after one that does not count (it leaves what a second finds)."""
    taken: dict[str, list[Used]] = {tree.name: [] for tree in trees}
    for number in range(runs + 1):
        for tree in trees if number % 2 else reversed(trees):
            used = way(tree, number)
            if number:
                taken[tree.name].append(used)
    return taken


def figures(taken: Mapping[str, list[Used]]) -> Iterator[str]:
    """CPU time of old and new and their ratio, then the same of the wall time."""
    for column in range(len(Used._fields)):
        old, new = (
            statistics.median(used[column] for used in taken[name]) for name in ("old", "new")
        )
        yield from (f"{1000 * old:.0f}", f"{1000 * new:.0f}", f"{new / old:.3f}")


if __name__ == "__main__":
    main()
