"""What an operator sees while bytes move: bars on a terminal, one line a layer elsewhere."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import pytest
from tests.support.images import Entry, Recipe, Step, layout
from tests.support.program import MINIATURE_HOOK, ksimage
from tests.support.registry import RunningRegistry
from tests.support.relay import Relay
from tests.support.screen import Watched, watch

from ksimage.base.images import read_images
from ksimage.hook.find import find_hook
from ksimage.locations import access, spec, transfer

pytestmark = pytest.mark.e2e

HOOK = MINIATURE_HOOK.read_bytes()
LAYER = 6_000_000
"""Bytes, and some for tar's: the layer that holds the hook, and the lowest. Sockets take half of
one at once, however slow the line."""
SLOW = 0.025
"""Seconds for each 64 KiB: one such layer takes some 2.5 s."""
AMOUNT = r"\d+\.\d/6\.\d MB"
COLOURED = re.compile(r"\x1b\[(.*;)?[34]\d")
RATE = r"\d+(\.\d)? [kM]B/s"
BAR = rf"{{verb}} [0-9a-f]{{{{12}}}} +[━╸╺]+ +{AMOUNT} +{RATE} +0:00:0\d"


LOADED = "rich is loaded\n"
SHOW_RICH = (
    *(sys.executable, "-c"),
    f"""
import sys

class Finder:
    def find_spec(self, name, *_):
        if name == "rich":
            print({LOADED.strip()!r}, flush=True)

sys.meta_path.insert(0, Finder())
from ksimage.cli import main
main()
""",
)


class Heavy(Recipe):
    """A base whose hook stands in a large layer."""

    def steps(self) -> list[Step]:
        ballast = Entry("kubesphere/ballast", padding=LAYER)
        return [
            replace(step, entries=(*step.entries, ballast))
            if step.entries and "chown -R" in step.created_by
            else step
            for step in super().steps()
        ]


@dataclass(frozen=True)
class Place:
    """A base in a layout and in a registry, which is reached through a slow relay."""

    folder: Path
    registry: RunningRegistry
    slow: Relay

    @property
    def source(self) -> str:
        return f"oci:{self.folder / 'base'}"

    @property
    def far(self) -> str:
        """The base, on the far side."""
        return f"{self.slow.address}/far/ks-installer:v3.3.2"

    def target(self, name: str) -> str:
        return f"{self.slow.address}/{name}/ks-installer:new"


@pytest.fixture(scope="module")
def heavy(registry: RunningRegistry, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("heavy")
    layout(folder / "base", Heavy(hook=HOOK, padding=LAYER))
    source = access.open_source(spec.parse(f"oci:{folder / 'base'}"))
    target = access.open_target(spec.parse(f"{registry.address}/far/ks-installer:v3.3.2"))
    transfer.copy(source, target)
    source.close()
    target.close()
    return folder


@pytest.fixture(scope="module")
def place(heavy: Path, registry: RunningRegistry) -> Iterator[Place]:
    slow = Relay(registry.port, delay=SLOW, window=64 << 10)
    try:
        yield Place(heavy, registry, slow)
    finally:
        slow.stop()


@pytest.fixture
def fast(place: Place) -> Iterator[Place]:
    """The same without its slowness."""
    place.slow.delay = 0
    yield place
    place.slow.delay = SLOW


@pytest.fixture(scope="module")
def runs(place: Place) -> dict[str, Watched]:
    """Slow runs before a terminal, all at once: they mostly wait."""
    reading = ("diff", place.far)
    orders: dict[str, Callable[..., Watched]] = {
        "reading": partial(watch, *reading, command=SHOW_RICH),
        "sending": partial(watch, "build", place.source, "--to", place.target("sent")),
        "narrow": partial(watch, *reading, columns=40),
        "no-color": partial(watch, *reading, env={"NO_COLOR": "1"}),
        "json": partial(watch, *reading, "--output", "json"),
        "quiet": partial(watch, *reading, "-q"),
        "dumb": partial(watch, *reading, env={"TERM": "dumb"}),
    }
    with ThreadPoolExecutor(len(orders)) as pool:
        begun = {
            name: pool.submit(partial(order, cwd=place.folder)) for name, order in orders.items()
        }
        return {name: run.result().ok() for name, run in begun.items()}


@pytest.fixture(scope="module")
def digest(heavy: Path) -> str:
    """First digits of the digest of the layer that holds the hook."""
    source = access.open_source(spec.parse(f"oci:{heavy / 'base'}"))
    (image,) = read_images(source).images
    return find_hook(source, image).layer.removeprefix("sha256:")[:12]


def bars(run: Watched, verb: str) -> list[str]:
    """The bars that were on the screen, whole ones only."""
    pattern = re.compile(BAR.format(verb=verb))
    return [match[0] for frame in run.screen.frames for match in pattern.finditer(frame)]


def growing(found: list[str]) -> bool:
    """Whether the amounts of one blob's bars go up, in steps that a person can follow."""
    amounts = [float(amount) for amount in re.findall(r"(\S+)/\S+ MB ", "\n".join(found))]
    return len(set(amounts)) >= 3 and amounts == sorted(amounts)


def test_reading(runs: dict[str, Watched], fast: Place, tmp_path: Path, digest: str) -> None:
    run = runs["reading"]
    read = bars(run, "reading")
    assert {bar.split()[1] for bar in read} == {digest} and growing(read)
    assert any(COLOURED.match(sequence) for sequence in run.screen.sequences)
    # gone at the end, without a trace in what was said
    assert "MB" not in run.screen.text and run.screen.cursor_visible
    plain = ksimage("diff", fast.far, cwd=tmp_path).ok()
    said = [line for line in plain.stderr.splitlines() if not line.startswith("reading ")]
    assert "".join(run.screen.text.split()) == "".join("".join(said).split())
    assert run.stdout == LOADED + plain.stdout


def test_sending(runs: dict[str, Watched], place: Place, digest: str) -> None:
    run = runs["sending"]
    sent = bars(run, "sending")
    assert len({bar.split()[1] for bar in sent}) == 2, "two layers at once"
    assert growing([bar for bar in sent if digest in bar])
    assert "MB" not in run.screen.text and run.screen.cursor_visible
    assert "proofs hold" in run.screen.text
    assert run.stdout.startswith(f"{place.target('sent')}@sha256:")


def test_narrow(runs: dict[str, Watched]) -> None:
    """No room for a bar; the figures are whole."""
    screen = runs["narrow"].screen
    shown = re.compile(rf"^[0-9a-f]{{6}} +{AMOUNT} +{RATE} +00:0\d$", re.MULTILINE)
    found = [match[0] for frame in screen.frames for match in shown.finditer(frame)]
    assert len(set(found)) >= 3
    assert "MB" not in screen.text


def test_no_color(runs: dict[str, Watched]) -> None:
    run = runs["no-color"]
    assert growing(bars(run, "reading"))
    assert not [sequence for sequence in run.screen.sequences if COLOURED.match(sequence)]


@pytest.mark.parametrize("name", ["json", "quiet", "dumb"])
def test_no_bars(runs: dict[str, Watched], name: str) -> None:
    screen = runs[name].screen
    assert not [sequence for sequence in screen.sequences if not sequence.endswith("m")]
    assert "MB" not in "".join(screen.frames)
    assert ("reading  sha256:" in screen.text) is (name != "quiet")


def test_interrupted(place: Place, tmp_path: Path) -> None:
    run = watch("diff", place.far, cwd=tmp_path, interrupt_when=lambda text: "MB/s" in text)
    assert run.code == 130
    assert run.screen.text.strip().startswith("warning: interrupted")
    assert run.screen.cursor_visible


def test_fast_runs_do_not_load_rich(runs: dict[str, Watched], fast: Place, tmp_path: Path) -> None:
    """Loading it takes longer than many a run."""
    run = watch("diff", fast.far, cwd=tmp_path, command=SHOW_RICH).ok()
    assert LOADED + run.stdout == runs["reading"].stdout


def test_piped(fast: Place, tmp_path: Path, digest: str) -> None:
    target = fast.target("piped")
    run = ksimage("build", fast.source, "--to", target, cwd=tmp_path).ok()
    assert "\x1b" not in run.stderr
    assert len(re.findall(r"^reading  sha256:", run.stderr, re.MULTILINE)) == 1
    line = r"^{}  sha256:{}… 6,\d\d\d,\d\d\d bytes$"
    assert re.search(line.format("reading", digest), run.stderr, re.MULTILINE)
    assert re.search(line.format("sent   ", digest), run.stderr, re.MULTILINE)
    assert len(re.findall(r"^sent +sha256:", run.stderr, re.MULTILINE)) == 2


def test_fleet(fast: Place, tmp_path: Path) -> None:
    """Each of several builds marks its own lines, on a terminal as well."""
    (tmp_path / "ksimage.yaml").write_text("releases: [v3.3.2]\n")
    run = watch(
        *("build", "v3.3.2", fast.far, "--from", fast.source, "--to", "oci:out"),
        cwd=tmp_path,
        columns=500,
    )
    said = run.screen.text.splitlines()
    for name in ("v3.3.2", fast.far):
        assert len([line for line in said if line.startswith(f"[{name}] reading  sha256:")]) == 1
    assert not [s for s in run.screen.sequences if not s.endswith("m")]


def test_a_fleet_that_is_reading_stops_at_once(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ksimage.yaml").write_text("releases: [v3.3.2]\n")
    monkeypatch.setattr(place.slow, "delay", SLOW)
    interrupted = 0.0

    def begun(text: str) -> bool:
        nonlocal interrupted
        if f"[{place.far}] reading" not in text:
            return False
        place.slow.delay = 0.4  # now it would take more than half a minute
        interrupted = time.monotonic()
        return True

    run = watch(
        *("build", "v3.3.2", place.far, "--from", place.source, "--to", "oci:out"),
        cwd=tmp_path,
        columns=500,
        interrupt_when=begun,
    )
    assert run.code == 130
    assert time.monotonic() - interrupted < 15
