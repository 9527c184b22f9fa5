"""The pictures of ``docs/timeline.md``, made anew: ``python -m tests.support.timeline_pictures``.

From an installation that is made up (``installations.py``), so that they are alike every time.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from ksimage.timeline.analysis import analyse
from ksimage.timeline.comparison import compare
from ksimage.timeline.page import page
from ksimage.timeline.svg import picture
from tests.support.chromium import Browser, browser
from tests.support.installations import installation

FOLDER = Path(__file__).parents[2] / "docs" / "images"
WIDTH, HEIGHT = 1200, 940


def main() -> None:
    """Write them. Needs Chromium."""
    FOLDER.mkdir(exist_ok=True)
    after = analyse(installation(20_000), "results")
    before = analyse(installation(20_000, speed=1.3, failing=""), "yesterday")
    (FOLDER / "timeline.svg").write_text(picture(after), encoding="utf-8")
    program = shutil.which("chromium") or sys.exit("chromium is not installed")
    with browser(program, WIDTH, HEIGHT) as running, tempfile.TemporaryDirectory() as place:
        running.resize(WIDTH, HEIGHT)
        file = Path(place) / "timeline.html"
        file.write_text(page(after), encoding="utf-8")
        _save(running, file, "timeline-light.png")
        running.media(prefers_color_scheme="dark")
        running.open(file)
        running.evaluate("document.querySelector('.lane.failed').click()")
        running.evaluate("timeline.show(1230000, 1660000)")
        _, y = running.middle(".lane.failed")
        running.click(WIDTH * 0.72, y)
        running.mouse("mouseMoved", 5, 5)
        running.evaluate("scrollTo(0, 0)")
        _save(running, None, "timeline-dark.png")
        running.media(prefers_color_scheme="light")
        file.write_text(page(after, compare(before, after)), encoding="utf-8")
        running.open(file)
        _save(running, None, "timeline-two.png")


def _save(running: Browser, file: Path | None, name: str) -> None:
    if file is not None:
        running.open(file)
    running.settle(600)
    (FOLDER / name).write_bytes(running.picture())
    print(FOLDER / name, file=sys.stderr)


if __name__ == "__main__":
    main()
