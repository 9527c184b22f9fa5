"""The page in a real browser: what people see and do, and what must never happen."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path

import pytest
from tests.support.attempts import attempt, run, task
from tests.support.chromium import Browser
from tests.support.installations import installation
from tests.support.png import colours
from tests.support.program import REPOSITORY
from tests.support.timeline_page import Opened, texts

from ksimage.timeline.analysis import analyse
from ksimage.timeline.trace import trace

pytestmark = pytest.mark.e2e


def span(chromium: Browser) -> float:
    """Milliseconds that fill the width."""
    return float(chromium.evaluate("timeline.view.to - timeline.view.from"))


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


def test_tables_are_whole_for_screen_readers(chromium: Browser, opened: Opened) -> None:
    """Computed by Chromium itself: the tree that it hands to assistive technology."""
    opened(installation(2000))
    chromium.call("Accessibility.enable")
    nodes = chromium.call("Accessibility.getFullAXTree")["nodes"]
    chromium.call("Accessibility.disable")
    told = [(node["role"]["value"], node.get("name", {}).get("value", "")) for node in nodes
            if not node["ignored"]]  # fmt: skip
    roles = [role for role, _ in told]
    assert roles.count("table") == 3
    assert ("columnheader", "retries") in told
    assert not [name for role, name in told if role in ("button", "combobox") and not name]
    width = "r => [...r.cells].filter(c => c.ariaHidden !== 'true').length"
    for table in ("slowest", "components", "steps"):
        rows = f"[...document.getElementById('{table}').rows].map({width})"
        assert len(set(chromium.evaluate(rows))) == 1


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


def test_with_shift_the_wheel_moves(chromium: Browser, opened: Opened) -> None:
    opened(installation(2000))
    for _ in range(4):
        chromium.key("+")
    before, begins = span(chromium), chromium.evaluate("timeline.view.from")
    x, y = chromium.middle("#bars")
    chromium.mouse("mouseWheel", x, y, deltaX=0, deltaY=100, modifiers=8)
    chromium.settle()
    assert span(chromium) == pytest.approx(before)
    assert chromium.evaluate("timeline.view.from") > begins


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


def test_speedscope_opens_the_trace(chromium: Browser, tmp_path: Path) -> None:
    """The viewer itself, from npm (``npm install --no-save speedscope``)."""
    viewer = REPOSITORY / "node_modules/speedscope/dist/release/index.html"
    if not viewer.exists():
        pytest.skip("speedscope is not installed (npm install --no-save speedscope)")
    text = json.dumps(trace(analyse(installation(2000))))
    loader = tmp_path / "run.js"
    coded = base64.b64encode(text.encode()).decode()
    loader.write_text(f"speedscope.loadFileFromBase64('run.trace.json', '{coded}')")
    address = f"{viewer.resolve().as_uri()}#localProfilePath={loader}"
    chromium.call("Page.navigate", url=address)
    shown = ""
    for _ in range(200):
        shown = chromium.evaluate("document.body ? document.body.innerText : ''")
        if "critical path" in shown:
            break
        time.sleep(0.1)
    assert "critical path (pid 0, tid 1) (1/20)" in shown
    chromium.call("Page.navigate", url="about:blank")
