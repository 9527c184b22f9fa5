"""What the benchmarks share: images in registries, peers that may be absent, medians, a table."""

from __future__ import annotations

import compileall
import contextlib
import functools
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

TOP = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TOP))

from tests.support import program, requires  # noqa: E402
from tests.support.images import Entry, ImageStore, Recipe, Step  # noqa: E402
from tests.support.measure import Measured, measure  # noqa: E402
from tests.support.registry import RunningRegistry, start_registry, stop_registry  # noqa: E402

RUNS = int(os.environ.get("KSIMAGE_BENCH_RUNS", "3"))
MEBIBYTE = 1 << 20
# What `pip install ansible==2.9.27 ansible_runner==2.2.0 kubernetes` (Dockerfile.complete, v3.3.2)
# leaves in Python 3.10, 18,600 files with their bytecode, and Python's own library.
FILES = 19_000
OPERATOR = 50 * MEBIBYTE  # shell-operator's size in the published images


@dataclass(frozen=True)
class Published(Recipe):
    """An image of the published shape (upstream's Dockerfile.complete), as large as one likes.

    One layer has FILES files (there: Python, ansible 2.9, the kubernetes client) and ``programs``
    Go programs (there: helm and kubectl). The layer that the hook is in has it beside one more,
    shell-operator, as ``chown -R`` leaves it. All compress as such things do.
    """

    programs: int = 0

    def steps(self) -> list[Step]:
        return [
            replace(step, entries=tuple(self._filled(step.entries))) if step.entries else step
            for step in super().steps()
        ]

    def _filled(self, entries: Sequence[Entry]) -> Iterator[Entry]:
        for entry in entries:
            if entry.path == "shell-operator":
                yield replace(entry, data=go_program(0))
            else:
                yield entry
            if entry.path == "usr/lib":
                for number in range(self.programs):
                    path = f"usr/lib/program{number}"
                    yield Entry(path, go_program(self.seed * 100 + number), 0o755)
                yield from modules(self.seed)


@functools.cache
def go_program(number: int) -> bytes:
    """50 MB (shell-operator's size) of a Go program; another number, another program."""
    data = Path(requires.program("docker-registry")).read_bytes()
    return number.to_bytes(8, "big") + (data * (OPERATOR // len(data) + 1))[: OPERATOR - 8]


def modules(seed: int) -> Iterator[Entry]:
    """FILES small files: this Python's own modules, each a little different each time."""
    known = sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py"))
    sources = [path.read_bytes() for path in known if path.stat().st_size < 100_000][:1000]
    for number in range(FILES):
        data = b"# %d %d\n" % (seed, number) + sources[number % len(sources)]
        yield Entry(f"usr/lib/python/{number // 100}/{number}.py", data)


def hook(release: str = "v3.3.2") -> bytes:
    """Upstream's hook with KS_INSTALLER_REPO (a clone of ks-installer), else the miniature's."""
    clone = os.environ.get("KS_INSTALLER_REPO")
    if not clone:
        return program.MINIATURE_HOOK.read_bytes()
    command = ["git", "-C", clone, "show", f"{release}:controller/installRunner.py"]
    return subprocess.run(command, check=True, capture_output=True).stdout


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A temporary folder; KSIMAGE_BENCH_DIR says where (some GB are needed)."""
    path = Path(tempfile.mkdtemp(prefix="ksimage-bench-", dir=os.environ.get("KSIMAGE_BENCH_DIR")))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def registry(path: Path) -> Iterator[RunningRegistry]:
    """A docker-registry of our own with its data below ``path``."""
    running = start_registry(path)
    try:
        yield running
    finally:
        stop_registry(running)


def push(store: ImageStore, ref: str, name: str) -> None:
    """Put a layout's image into a registry, index and all."""
    from ksimage.locations import access, spec, transfer

    source = access.open_source(spec.parse(f"oci:{store.path}:{ref}"))
    target = access.open_target(spec.parse(name))
    try:
        transfer.copy(source, target)
    finally:
        source.close()
        target.close()


def ksimage(*arguments: str, cwd: Path, cache: str = "off", epoch: int | None = None) -> Measured:
    """The whole process of one ksimage command, which must succeed; it remembers nothing.

    As pip installs it: its modules are compiled. With another ``epoch`` (SOURCE_DATE_EPOCH) the
    result is another image, whose layer no registry has.
    """
    _compile()
    changes = {"DOCKER_CONFIG": str(cwd), "KSIMAGE_CACHE_DIR": cache}
    if epoch is not None:
        changes["SOURCE_DATE_EPOCH"] = str(epoch)
    env = program.environment(changes)
    return measure([*program.COMMAND, *arguments], env=env, cwd=cwd).ok()


@functools.cache
def _compile() -> None:
    compileall.compile_dir(TOP / "src", quiet=1)


def peer(name: str) -> str | None:
    """A peer's path, or None after saying that it is absent."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if path is None:
        say(f"skipped: {name} is not installed")
    return path


def run(*command: str, env: dict[str, str] | None = None) -> None:
    """Run a peer's step. Raises CalledProcessError with its output shown."""
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        sys.stderr.write(done.stdout + done.stderr)
        done.check_returncode()


def median(once: Callable[[int], float], runs: int = RUNS) -> float:
    """The median of ``runs`` measurements; ``once`` is told which one it is."""
    return statistics.median(once(number) for number in range(runs))


def medians(ways: Mapping[str, Callable[[int], float]], runs: int = RUNS) -> dict[str, float]:
    """The median of each way, taken in turns: what the machine does by itself then meets all."""
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for number in range(runs):
        for way, once in ways.items():
            seconds[way].append(once(number))
    return {way: statistics.median(taken) for way, taken in seconds.items()}


def say(text: str) -> None:
    """A line of progress."""
    print(f"# {text}", file=sys.stderr, flush=True)


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print an aligned table."""
    lines = [headers, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(headers))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        print("  ".join(cells).rstrip(), flush=True)
