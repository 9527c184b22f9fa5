"""The timeline's page, opened in Chromium, for the tests that use it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ksimage.events.model import Attempt
from ksimage.timeline.analysis import Analysis, analyse
from ksimage.timeline.comparison import compare
from ksimage.timeline.page import page
from tests.support import requires
from tests.support.chromium import Browser, browser

Opened = Callable[..., Analysis]


@pytest.fixture(scope="session")
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
