"""The timeline of 20,000 events beside plotly's and bokeh's page of the same points.

    pip install plotly bokeh        # the peers; those that are absent are left out
    python benchmarks/timeline_page.py [EVENTS]

Size of the page, CPU to make it, first paint and a zoom step in Chromium without a graphics card.
The peers draw the scatter plot alone: they have no lanes, no search, no failures.
"""

from __future__ import annotations

import importlib.util
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from common import RUNS, folder, say, table
from tests.support import requires
from tests.support.chromium import PATIENCE, Browser, browser
from tests.support.event_trees import read_tree, volume

from ksimage.events.model import Attempt

MOST_BYTES, MOST_CPU, MOST_PAINT, MOST_STEP = 400_000, 2.0, 500.0, 50.0
"""Bytes, seconds, milliseconds, milliseconds."""
STEPS = 10

Points = tuple[list[float], list[float], list[str]]


def main() -> int:
    """Measure, print, and say with the exit code whether the limits are kept."""
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with folder() as place:
        tree = place / "results"
        say(f"writing {volume(tree, events):,} event files")
        began = time.process_time()
        attempt = read_tree(tree)
        reading = time.process_time() - began
        points = scatter(attempt)
        rows, ours = [], (0, 0.0, 0.0, 0.0)
        for name, make in makers(attempt, points).items():
            say(f"{name}: making and opening")
            began = time.process_time()
            file = place / f"{name}.html"
            file.write_text(make(), encoding="utf-8")
            making = time.process_time() - began
            opened = [seen(file, with_steps=name == "ksimage") for _ in range(RUNS)]
            paint = statistics.median(paint for paint, _ in opened)
            step = statistics.median(step for _, step in opened)
            size = file.stat().st_size
            if name == "ksimage":
                ours = (size, reading + making, paint, step)
            rows.append(
                (name, f"{size / 1000:,.0f} kB", f"{size / ours[0]:.1f}", f"{making:.2f} s",
                 f"{paint:.0f} ms", f"{paint / ours[2]:.1f}", f"{step:.0f} ms" if step else "")
            )  # fmt: skip
        table(("page", "size", "×", "CPU to make", "first paint", "×", "zoom step"), rows)
        size, cpu, paint, step = ours
        print(f"\nreading {reading:.2f} s CPU, reading and making {cpu:.2f} s")
    kept = size <= MOST_BYTES and cpu <= MOST_CPU and paint <= MOST_PAINT and step <= MOST_STEP
    print("limits kept" if kept else "a limit is NOT kept")
    return 0 if kept else 1


def makers(attempt: Attempt, points: Points) -> dict[str, Callable[[], str]]:
    """Who makes a page, ksimage first."""
    found: dict[str, Callable[[], str]] = {"ksimage": lambda: own(attempt)}
    for name, make in (("plotly", plotly), ("bokeh", bokeh)):
        if importlib.util.find_spec(name) is None:
            say(f"skipped: {name} is not installed")
        else:
            found[name] = lambda make=make: make(points)  # type: ignore[misc]
    return found


def own(attempt: Attempt) -> str:
    """ksimage's page: lanes, scatter plot, tables."""
    from ksimage.timeline.analysis import analyse
    from ksimage.timeline.page import page

    return page(analyse(attempt, "benchmark"))


def plotly(points: Points) -> str:
    """Plotly's WebGL scatter plot, with its library in the page."""
    import plotly.graph_objects as graph

    x, y, text = points
    figure = graph.Figure(graph.Scattergl(x=x, y=y, text=text, mode="markers"))
    figure.update_yaxes(type="log")
    return str(figure.to_html(include_plotlyjs=True, full_html=True))


def bokeh(points: Points) -> str:
    """Bokeh's scatter plot, with its library in the page."""
    from bokeh.embed import file_html
    from bokeh.plotting import figure
    from bokeh.resources import INLINE

    x, y, text = points
    plot = figure(y_axis_type="log", tools="pan,wheel_zoom,hover", width=1300, height=600)
    plot.scatter("x", "y", source={"x": x, "y": y, "text": text}, size=4)
    return str(file_html(plot, INLINE, "timeline"))


def scatter(attempt: Attempt) -> Points:
    """Every event's time, duration (that of its task) and text."""
    x, y, text = [], [], []
    for run in attempt.runs:
        for event in run.events:
            if event.time is not None:
                x.append(event.time)
                y.append(max(0.01, (event.task and event.task.duration) or 0.01))
                text.append(event.task.name if event.task else event.kind)
    return x, y, text


def seen(file: Path, with_steps: bool) -> tuple[float, float]:
    """First paint and, where wanted, a zoom step, in milliseconds. In a browser that is new."""
    with browser(requires.program("chromium")) as running:
        running.call("Page.navigate", url=file.as_uri())
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            found = running.evaluate(
                "document.readyState === 'complete' &&"
                " performance.getEntriesByName('first-contentful-paint').map(e => e.startTime)[0]"
            )
            if found:
                return float(found), zoom_step(running) if with_steps else 0.0
            time.sleep(0.05)
    raise TimeoutError(f"{file} was not painted")


def zoom_step(running: Browser) -> float:
    """Milliseconds of CPU that the page takes for a turn of the wheel, all included."""
    running.settle(500)
    running.call("Performance.disable")
    running.call("Performance.enable", timeDomain="threadTicks")  # CPU, whoever else is busy
    x, y = running.middle("#bars")
    before = _busy(running)
    for number in range(STEPS):
        running.wheel(x, y, -100 if number < STEPS / 2 else 100)
    return 1000 * (_busy(running) - before) / STEPS


def _busy(running: Browser) -> float:
    metrics = running.call("Performance.getMetrics")["metrics"]
    return next(float(one["value"]) for one in metrics if one["name"] == "TaskDuration")


if __name__ == "__main__":
    sys.exit(main())
