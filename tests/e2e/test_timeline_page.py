"""The page in a real browser: what people see and do, and what must never happen."""

from __future__ import annotations

import json
import re
import struct
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support import requires
from tests.support.chromium import Browser, browser
from tests.support.installations import installation
from tests.unit.timeline.samples import attempt, run, task

from ksimage.events.model import Attempt
from ksimage.timeline.analysis import Analysis, analyse
from ksimage.timeline.comparison import compare
from ksimage.timeline.page import page

pytestmark = pytest.mark.e2e

Opened = Callable[..., Analysis]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser(requires.program("chromium", "chromium-browser", "google-chrome")) as running:
        yield running


@pytest.fixture
def opened(chromium: Browser, tmp_path: Path) -> Iterator[Opened]:
    """Opens the page of an attempt; afterwards nothing was asked for and nothing complained."""

    def show(shown: Attempt, before: Attempt | None = None, address: str = "") -> Analysis:
        analysis = analyse(shown, "results")
        comparison = compare(analyse(before, "yesterday"), analysis) if before else None
        file = tmp_path / "timeline.html"
        file.write_text(page(analysis, comparison), encoding="utf-8")
        chromium.open(file)
        if address:
            chromium.evaluate(f"location.hash = {json.dumps(address)}; location.reload(); 1")
            chromium.settle(500)
        return analysis

    chromium.resize(1440, 900)
    chromium.media(prefers_color_scheme="light")
    yield show
    assert chromium.problems() == []
    assert chromium.requests() == []


def texts(chromium: Browser, selector: str) -> list[str]:
    found: list[str] = chromium.evaluate(
        f"[...document.querySelectorAll({json.dumps(selector)})].map(e => e.textContent)"
    )
    return found


def span(chromium: Browser) -> float:
    """Milliseconds that fill the width."""
    return float(chromium.evaluate("timeline.view.to - timeline.view.from"))


def colours(png: bytes) -> set[tuple[int, int, int]]:
    """The colours of a PNG as Chromium writes it (8 bits, RGB or RGBA), filters undone."""
    width, height, bits, kind = struct.unpack(">IIBB", png[16:26])
    assert bits == 8
    size = {2: 3, 6: 4}[kind]
    data, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += 12 + length
    raw = zlib.decompress(data)
    above = bytearray(width * size)
    found = set()
    for row in range(height):
        start = row * (width * size + 1)
        line = bytearray(raw[start + 1 : start + 1 + width * size])
        _undo(raw[start], line, above, size)
        found.update((line[x], line[x + 1], line[x + 2]) for x in range(0, width * size, size))
        above = line
    return found


def _undo(kind: int, line: bytearray, above: bytearray, size: int) -> None:
    for x in range(len(line)):
        left = line[x - size] if x >= size else 0
        corner = above[x - size] if x >= size else 0
        if kind == 1:
            line[x] = line[x] + left & 255
        elif kind == 2:
            line[x] = line[x] + above[x] & 255
        elif kind == 3:
            line[x] = line[x] + (left + above[x]) // 2 & 255
        elif kind == 4:
            guess = left + above[x] - corner
            nearest = min((left, above[x], corner), key=lambda value: abs(guess - value))
            line[x] = line[x] + nearest & 255


def test_every_event_and_task_arrives(chromium: Browser, opened: Opened) -> None:
    analysis = opened(installation(20_000))
    assert chromium.evaluate("timeline.run.tasks.length") == analysis.tasks
    assert chromium.evaluate("timeline.run.events.length") == analysis.events
    times = chromium.evaluate("[...timeline.run.events.time]")
    expected = sorted(
        round((event.time - analysis.span.start) * 1000)
        for lane in analysis.lanes
        for event in lane.events
        if event.time is not None
    )
    assert times == expected
    assert texts(chromium, "#verdict") == ["failed: monitoring"]
    assert texts(chromium, "#labels .name") == [lane.component for lane in analysis.lanes]


def test_tables_say_what_the_pictures_show(chromium: Browser, opened: Opened) -> None:
    analysis = opened(installation(3000))
    slowest = [place.bar.task.name.split(" | ")[1] for place in analysis.slowest(25)]
    assert texts(chromium, "#slowest tbody .link") == slowest
    assert len(texts(chromium, "#components tbody tr")) == len(analysis.lanes)
    assert "monitoring ended last" in texts(chromium, "#waited-words")[0]
    assert "unable to recognize" in texts(chromium, "#failures .failure:not(.forgiven) pre")[0]
    chromium.evaluate("document.querySelector('th[data-key=name] button').click()")
    names = texts(chromium, "#slowest tbody .link")
    assert names == sorted(names)
    assert chromium.evaluate("document.querySelector('th[data-key=name]').ariaSort") == "ascending"


def test_tasks_can_be_added_up(chromium: Browser, opened: Opened) -> None:
    opened(installation(2000))
    chromium.evaluate(
        "const g = document.getElementById('group'); g.value = 'component'; g.onchange()"
    )
    assert len(texts(chromium, "#slowest tbody tr")) == 19
    assert texts(chromium, "#slowest tbody .link")[0] == "common"


def test_the_wheel_zooms_where_the_pointer_is(chromium: Browser, opened: Opened) -> None:
    opened(installation(2000))
    before = span(chromium)
    x, y = chromium.middle("#bars")
    there = (
        f"(b => timeline.view.from + (timeline.view.to - timeline.view.from) * ({x} - b.left)"
        " / b.width)(document.getElementById('bars').getBoundingClientRect())"
    )
    place = chromium.evaluate(there)
    chromium.wheel(x, y, -300)
    assert span(chromium) < before * 0.7
    assert chromium.evaluate(there) == pytest.approx(place, abs=2)
    chromium.wheel(x, y, 3000)
    assert span(chromium) == before


def test_dragging_moves_and_selects(chromium: Browser, opened: Opened) -> None:
    analysis = opened(installation(2000))
    whole = span(chromium)
    x, y = chromium.middle("#overview")
    chromium.mouse("mouseMoved", x, y)
    chromium.mouse("mousePressed", x, y, button="left", clickCount=1)
    chromium.mouse("mouseMoved", x + 120, y, button="left")
    chromium.mouse("mouseReleased", x + 120, y, button="left", clickCount=1)
    chromium.settle()
    width = chromium.evaluate("document.getElementById('overview').clientWidth")
    assert span(chromium) == pytest.approx(whole * 120 / width, rel=0.05)
    begins = chromium.evaluate("timeline.view.from")
    x, y = chromium.middle("#points")
    chromium.mouse("mousePressed", x, y, button="left", clickCount=1)
    chromium.mouse("mouseMoved", x + 100, y, button="left")
    chromium.mouse("mouseReleased", x + 100, y, button="left", clickCount=1)
    chromium.settle()
    assert chromium.evaluate("timeline.view.from") < begins
    chromium.key("f")
    assert span(chromium) == pytest.approx(analysis.span.seconds * 1000, abs=1)


def test_hovering_tells_the_event(chromium: Browser, opened: Opened) -> None:
    opened(
        attempt(run("common", task("Get | all", 0, 60), task("Wait for it", 60, 40, attempts=2)))
    )
    box = chromium.evaluate(
        "(b => [b.left, b.top, b.width])(document.getElementById('bars').getBoundingClientRect())"
    )
    chromium.mouse("mouseMoved", box[0] + box[2] * 0.8, box[1] + 12)
    chromium.settle()
    tip = texts(chromium, "#tip")[0]
    assert "Wait for it" in tip
    assert "common · role · ok · 40.0 s · 2 of 30 retries" in tip
    chromium.mouse("mouseMoved", 5, 5)
    chromium.settle()
    assert chromium.evaluate("document.getElementById('tip').hidden")


def test_clicks_open_lanes_and_tasks(chromium: Browser, opened: Opened) -> None:
    analysis = opened(installation(2000))
    chromium.click(*chromium.middle(".lane.failed"))
    monitoring = next(lane for lane in analysis.lanes if lane.component == "monitoring")
    assert chromium.evaluate("document.querySelector('.lane.failed').ariaExpanded") == "true"
    shown = texts(chromium, "#labels .task")
    assert shown == [bar.task.name.split(" | ")[1] for bar in monitoring.bars][: len(shown)]
    chromium.click(*chromium.middle("#labels .task"))
    assert shown[0] in texts(chromium, "#details h2")
    chromium.key("Escape")
    assert chromium.evaluate("document.getElementById('details').hidden")


def test_search_and_filters_narrow_all_of_it(chromium: Browser, opened: Opened) -> None:
    analysis = opened(installation(2000))
    chromium.key("/")
    chromium.type("logging secret")
    expected = [
        bar.task.name
        for lane in analysis.lanes
        for bar in lane.bars
        if "logging" in bar.task.name and "secret" in bar.task.name
    ]
    assert len(texts(chromium, "#slowest tbody tr")) == len(expected) > 0
    assert texts(chromium, "#matches")[0].split()[0] == str(len(expected))
    chromium.key("Enter")
    assert "secret" in texts(chromium, "#details h2")[0]
    chromium.key("Escape")
    chromium.evaluate("document.activeElement.blur()")
    chromium.evaluate(
        "[...document.querySelectorAll('.filter')]"
        ".find(b => b.textContent.startsWith('ok ')).click()"
    )
    chromium.settle()
    assert (
        chromium.evaluate("timeline.run.tasks.filter(t => t.shown && t.state === 'ok').length") == 0
    )


def test_the_keyboard_is_enough(chromium: Browser, opened: Opened) -> None:
    opened(installation(2000))
    whole = span(chromium)
    for _ in range(4):
        chromium.key("+")
    assert span(chromium) < whole / 2
    begins = chromium.evaluate("timeline.view.from")
    chromium.key("ArrowRight")
    assert chromium.evaluate("timeline.view.from") > begins
    chromium.key("n")
    first = texts(chromium, "#details h2")
    chromium.key("n")
    assert texts(chromium, "#details h2") != first
    chromium.key("o")
    assert texts(chromium, "#labels .task") == []
    chromium.key("o")
    assert len(texts(chromium, "#labels .task")) > 20
    # Every component can be reached and pressed, and says what a press does.
    lanes = "document.querySelectorAll('#labels button[aria-expanded]')"
    assert chromium.evaluate(f"[...{lanes}].every(b => b.tabIndex === 0)")


def test_the_view_survives_a_reload(chromium: Browser, opened: Opened) -> None:
    opened(installation(2000), address="span=60000-120000&q=secret&open=2&events=component")
    state = chromium.evaluate(
        "(v => [v.from, v.to, v.query, [...v.open], v.scatter])(timeline.view)"
    )
    assert state == [60_000, 120_000, "secret", [2], "component"]


def test_two_runs_lie_over_each_other(chromium: Browser, opened: Opened) -> None:
    before = installation(2000, speed=2, failing="")
    before.runs.append(run("gone", task("Away", 20, 5)))
    opened(installation(2000, failing=""), before)
    assert "26" not in texts(chromium, "#verdicts button")[0]
    assert [text.split()[0] for text in texts(chromium, "#verdicts button")] == [
        "slower", "faster", "new", "gone",
    ]  # fmt: skip
    assert len(texts(chromium, "#pairs tbody tr")) == 20
    assert "gone" in texts(chromium, "#labels .name")
    ghost = chromium.evaluate(
        "getComputedStyle(document.documentElement).getPropertyValue('--ghost')"
    )
    wanted = tuple(int(ghost.strip()[at : at + 2], 16) for at in (1, 3, 5))
    assert wanted in colours(chromium.picture())


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark(chromium: Browser, opened: Opened, scheme: str) -> None:
    chromium.media(prefers_color_scheme=scheme)
    opened(installation(5000))
    seen = colours(chromium.picture())
    names = ("bg", "ok", "changed", "failed", "path", "panel")
    style = "getComputedStyle(document.documentElement)"
    for name in names:
        value = chromium.evaluate(f"{style}.getPropertyValue('--{name}').trim()")
        assert tuple(int(value[at : at + 2], 16) for at in (1, 3, 5)) in seen, name
    background = (255, 255, 255) if scheme == "light" else (13, 17, 23)
    assert background in seen


@pytest.mark.parametrize(("width", "height", "scale"), [(400, 800, 2), (3840, 2160, 1)])
def test_small_and_large_windows(
    chromium: Browser, opened: Opened, width: int, height: int, scale: float
) -> None:
    chromium.resize(width, height, scale)
    opened(installation(5000))
    assert chromium.evaluate("document.documentElement.scrollWidth") <= width
    plot = chromium.evaluate("document.getElementById('bars').clientWidth")
    assert plot > width * 0.55
    cut = chromium.evaluate(
        "[...document.querySelectorAll('button, td, h1, h2, .fact')].filter("
        "e => e.offsetParent && e.getBoundingClientRect().right > innerWidth + 1).length"
    )
    assert cut == 0


def test_it_prints_in_full(chromium: Browser, opened: Opened) -> None:
    chromium.media(prefers_color_scheme="dark")
    opened(installation(3000))
    paper = chromium.paper()
    assert paper.startswith(b"%PDF")
    pages = len(re.findall(rb"/Type\s*/Page\b", paper))
    assert 2 <= pages <= 8
    assert chromium.evaluate("document.documentElement.dataset.theme") == "dark"


def test_a_hostile_tree_is_only_text(chromium: Browser, opened: Opened) -> None:
    nasty = [
        "</script><script>window.owned = 1</script>",
        "<img src=x onerror='window.owned = 2'>",
        "<!--<script>",
        "a\u2028b\u2029c",
        "\u202egnp.exe\u202c",
        "\x1b]0;title\x07\x1b[2Jbell\x07\x00nul",
        "lone \ud800 surrogate",
        "__proto__",
        "constructor",
        "../../etc/passwd",
        "é中文👍🏽",
        "x" * 100_000,
    ]
    runs = [
        run(name, *(task(name, n, 1, "failed", output=name) for n in range(3)), state="failed")
        for name in nasty
    ]
    opened(attempt(*runs))
    assert chromium.evaluate("window.owned") is None
    assert chromium.evaluate("document.querySelectorAll('img, iframe, object, a').length") == 0
    for code in (0x202E, 0x2028, 0x1B, 0):
        assert not chromium.evaluate(
            f"document.body.innerText.includes(String.fromCharCode({code}))"
        )
    chromium.key("o")
    assert "<!--<script>" in texts(chromium, "#labels .task")
    shown = chromium.evaluate("document.body.innerText")
    assert "é中文👍🏽" in shown
    assert "·gnp.exe·" in shown


def test_thousands_of_tasks_in_a_lane(chromium: Browser, opened: Opened) -> None:
    opened(attempt(run("common", *(task(f"task {n}", n, 1) for n in range(5000)))))
    chromium.key("o")
    assert len(texts(chromium, "#labels .task")) < 200  # only what can be seen is there
    chromium.evaluate("scrollTo(0, 4000)")
    chromium.settle()
    assert len(texts(chromium, "#labels .task")) > 20
    assert chromium.evaluate("document.getElementById('bars').height") < 6000


def test_an_empty_tree_is_a_page(chromium: Browser, opened: Opened) -> None:
    opened(Attempt())
    assert texts(chromium, "h1") == ["No event with a usable time"]


def test_other_code_is_refused(chromium: Browser, opened: Opened) -> None:
    opened(installation(1500))
    chromium.evaluate(
        "const s = document.createElement('script'); s.textContent = 'window.owned = 3';"
        "document.body.append(s)"
    )
    assert chromium.evaluate("window.owned") is None
    assert any("Content Security Policy" in problem for problem in chromium.problems())
    chromium.events.clear()
