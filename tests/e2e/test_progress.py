"""What an operator sees while bytes move: bars on a terminal, one line a layer elsewhere."""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.support.images import Entry, Recipe, Step, layout
from tests.support.program import MINIATURE_HOOK, ksimage
from tests.support.registry import RunningRegistry
from tests.support.relay import Relay
from tests.support.screen import Watched, watch

from ksimage.base import read_images
from ksimage.hook import find_hook
from ksimage.locations import spec, transfer

pytestmark = pytest.mark.e2e

HOOK = MINIATURE_HOOK.read_bytes()
LAYER = 6_000_000
"""Bytes, and some for tar's: the layer that holds the hook, and the lowest. Sockets take half of
one at once, however slow the line."""
SLOW = 0.013
"""Seconds for each 64 KiB: one such layer takes some 1.4 s."""
AMOUNT = r"\d+\.\d/6\.\d MB"
RATE = r"\d+(\.\d)? [kM]B/s"
BAR = rf"{{verb}} [0-9a-f]{{{{12}}}} +[━╸╺]+ +{AMOUNT} +{RATE} +0:00:0\d"


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
    source = spec.open_source(spec.parse(f"oci:{folder / 'base'}"))
    target = spec.open_target(spec.parse(f"{registry.address}/far/ks-installer:v3.3.2"))
    transfer.copy(source, target)
    source.close()
    target.close()
    return folder


@pytest.fixture
def place(heavy: Path, registry: RunningRegistry) -> Iterator[Place]:
    slow = Relay(registry.port, delay=SLOW, window=64 << 10)
    try:
        yield Place(heavy, registry, slow)
    finally:
        slow.stop()


@pytest.fixture(scope="module")
def digest(heavy: Path) -> str:
    """First digits of the digest of the layer that holds the hook."""
    source = spec.open_source(spec.parse(f"oci:{heavy / 'base'}"))
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


SHOW_RICH = (
    *(sys.executable, "-c"),
    "import atexit, sys; atexit.register(lambda: print('rich' in sys.modules))\n"
    "from ksimage.cli import main; main()",
)


def loads_rich(run: Watched) -> bool:
    return run.stdout.splitlines()[-1] == "True"


def test_reading(place: Place, tmp_path: Path, digest: str) -> None:
    run = watch("diff", place.far, cwd=tmp_path, command=SHOW_RICH).ok()
    read = bars(run, "reading")
    assert {bar.split()[1] for bar in read} == {digest} and growing(read)
    assert any(re.match(r"\x1b\[(.*;)?3\d", sequence) for sequence in run.screen.sequences)
    # gone at the end, without a trace in what was said
    place.slow.delay = 0
    plain = ksimage("diff", place.far, cwd=tmp_path).ok()
    assert "MB" not in run.screen.text and run.screen.cursor_visible
    said = [line for line in plain.stderr.splitlines() if not line.startswith("reading ")]
    assert "".join(run.screen.text.split()) == "".join("".join(said).split())
    assert run.stdout.startswith(plain.stdout)
    assert loads_rich(run), "test_fast_runs_do_not_load_rich tests nothing"


def test_sending(place: Place, tmp_path: Path, digest: str) -> None:
    target = place.target("sent")
    run = watch("build", place.source, "--to", target, cwd=tmp_path).ok()
    sent = bars(run, "sending")
    assert len({bar.split()[1] for bar in sent}) == 2, "two layers at once"
    assert growing([bar for bar in sent if digest in bar])
    assert "MB" not in run.screen.text and run.screen.cursor_visible
    assert "base layers are unchanged" in run.screen.text
    assert run.stdout.startswith(f"{target}@sha256:")


def test_narrow(place: Place, tmp_path: Path) -> None:
    """No room for a bar; the figures are whole."""
    run = watch("diff", place.far, cwd=tmp_path, columns=40).ok()
    shown = re.compile(rf"^[0-9a-f]{{6}} +{AMOUNT} +{RATE} +00:0\d$", re.MULTILINE)
    found = [match[0] for frame in run.screen.frames for match in shown.finditer(frame)]
    assert len(set(found)) >= 3
    assert "MB" not in run.screen.text


def test_no_color(place: Place, tmp_path: Path) -> None:
    run = watch("diff", place.far, cwd=tmp_path, env={"NO_COLOR": "1"}).ok()
    assert growing(bars(run, "reading"))
    assert not [s for s in run.screen.sequences if re.match(r"\x1b\[(.*;)?[34]\d", s)]


def test_interrupted(place: Place, tmp_path: Path) -> None:
    run = watch("diff", place.far, cwd=tmp_path, interrupt_when=lambda text: "MB/s" in text)
    assert run.code == 130
    assert run.screen.text.strip().startswith("warning: interrupted")
    assert run.screen.cursor_visible


def test_fast_runs_do_not_load_rich(place: Place, tmp_path: Path) -> None:
    """Loading it takes longer than many a run."""
    place.slow.delay = 0
    assert not loads_rich(watch("diff", place.far, cwd=tmp_path, command=SHOW_RICH).ok())


# --- where nobody watches -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "env"),
    [(("--output", "json"), {}), (("-q",), {}), ((), {"TERM": "dumb"})],
    ids=["json", "quiet", "dumb"],
)
def test_no_bars(
    place: Place, tmp_path: Path, options: tuple[str, ...], env: dict[str, str | None]
) -> None:
    run = watch("diff", place.far, *options, cwd=tmp_path, env=env).ok()
    assert not [s for s in run.screen.sequences if not s.endswith("m")]
    assert "MB" not in "".join(run.screen.frames)
    assert ("reading  sha256:" in run.screen.text) is ("-q" not in options)


def test_piped(place: Place, tmp_path: Path, digest: str) -> None:
    place.slow.delay = 0
    target = place.target("piped")
    run = ksimage("build", place.source, "--to", target, cwd=tmp_path).ok()
    assert "\x1b" not in run.stderr
    assert len(re.findall(r"^reading  sha256:", run.stderr, re.MULTILINE)) == 1
    line = r"^{}  sha256:{}… 6,\d\d\d,\d\d\d bytes$"
    assert re.search(line.format("reading", digest), run.stderr, re.MULTILINE)
    assert re.search(line.format("sent   ", digest), run.stderr, re.MULTILINE)
    assert len(re.findall(r"^sent +sha256:", run.stderr, re.MULTILINE)) == 2


def test_fleet(place: Place, tmp_path: Path) -> None:
    """Each of several builds marks its own lines, on a terminal as well."""
    (tmp_path / "ksimage.yaml").write_text("releases: [v3.3.2]\n")
    place.slow.delay = 0
    run = watch(
        *("build", "v3.3.2", place.far, "--from", place.source, "--to", "oci:out"),
        cwd=tmp_path,
        columns=500,
    )
    for name in ("v3.3.2", place.far):
        assert f"[{name}] reading  sha256:" in run.screen.text
    assert not [s for s in run.screen.sequences if not s.endswith("m")]


def test_a_fleet_that_is_reading_stops_at_once(place: Place, tmp_path: Path) -> None:
    (tmp_path / "ksimage.yaml").write_text("releases: [v3.3.2]\n")
    place.slow.delay = 0.3  # some 30 s
    began = time.monotonic()
    run = watch(
        *("build", "v3.3.2", place.far, "--from", place.source, "--to", "oci:out"),
        cwd=tmp_path,
        columns=500,
        interrupt_when=lambda text: f"[{place.far}] reading" in text,
    )
    assert run.code == 130
    assert time.monotonic() - began < 15
