"""How the page looks in windows of all kinds and on paper, and what hostile events cannot do."""

from __future__ import annotations

import re

import pytest
from tests.support.attempts import attempt, run, task
from tests.support.chromium import Browser
from tests.support.installations import installation
from tests.support.png import colours
from tests.support.timeline_page import Opened, texts

from ksimage.events.model import Attempt

pytestmark = pytest.mark.e2e


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


def test_hundreds_of_components(chromium: Browser, opened: Opened) -> None:
    opened(attempt(*(run(f"component {n}", task("t", n, 5)) for n in range(600))))
    chromium.evaluate("document.getElementById('by').value = 'component'")
    chromium.evaluate("document.getElementById('by').onchange()")
    chromium.settle()
    assert chromium.evaluate("document.getElementById('points').clientHeight") <= 900
    chromium.evaluate("scrollTo(0, 9000)")
    chromium.settle()
    assert "component 400" in texts(chromium, "#labels .name")


def test_a_task_for_each_event(chromium: Browser, opened: Opened) -> None:
    opened(attempt(*(run(f"c{c}", *(task(f"task {c} {n}", n, 1) for n in range(1000)))
                     for c in range(10))))  # fmt: skip
    assert chromium.evaluate("timeline.run.tasks.length") == 10_000
    chromium.key("o")
    chromium.evaluate("scrollTo(0, 20000)")
    chromium.settle()
    assert len(texts(chromium, "#labels .task")) > 20


def test_the_end_of_the_calendar(chromium: Browser, opened: Opened) -> None:
    late = task("t", 0, 5)
    late.start, late.end = 253_402_300_790.0, 253_402_300_799.0
    opened(attempt(run("common", late)))
    assert texts(chromium, "h1") == ["Installation 9999-12-31 23:59 UTC"]
