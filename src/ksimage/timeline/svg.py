"""The lanes as an SVG picture: for a README, a ticket, a CI summary. Light or dark by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from ksimage.timeline.text import MARKS, verdict
from ksimage.timeline.words import duration, moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ksimage.timeline.analysis import Analysis
    from ksimage.timeline.lanes import Lane

WIDTH = 1000
LEFT = 190
TOP = 64
ROW = 22
BAR = 15
RIGHT = 14
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 86400)
"""Seconds between two lines of the grid."""
STATES = ("ok", "changed", "skipped", "ignored", "rescued", "failed", "unreachable", "running")

STYLE = """
text{font:12px system-ui,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;fill:#1f2328}
.bg{fill:#fff}.dim{fill:#656d76}.title{font-size:15px;font-weight:650}.name{font-weight:600}
.bad{fill:#d1242f}.grid{stroke:#e1e4e8}.span{fill:#f0f2f5}.path{fill:#8250df}.ok{fill:#2f7d50}
.changed{fill:#2a72b5}.skipped{fill:#b8bfc7}.ignored,.rescued{fill:#c76a15}
.failed,.unreachable{fill:#d1242f}.running{fill:#087f8c}.retry{fill:#d9a000}
@media(prefers-color-scheme:dark){text{fill:#e6edf3}.bg{fill:#0d1117}.dim{fill:#8b949e}
.bad{fill:#f85149}.grid{stroke:#2a313c}.span{fill:#1a212b}.path{fill:#a371f7}.ok{fill:#287f4a}
.changed{fill:#2f75c4}.skipped{fill:#545d68}.failed,.unreachable{fill:#f85149}
.running{fill:#39c5cf}.retry{fill:#e3b341}}
"""


def picture(analysis: Analysis) -> str:
    """The picture. Tasks too short to be seen apart are drawn as one."""
    height = TOP + ROW * len(analysis.lanes) + 34
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}"'
        f' height="{height}" role="img" aria-labelledby="title">',
        f'<title id="title">{escape(_title(analysis))}</title>',
        f"<style>{STYLE}</style>",
        f'<rect class="bg" width="{WIDTH}" height="{height}"/>',
        f'<text class="title" x="14" y="26">{escape(_title(analysis))}</text>',
        *_grid(analysis, height),
    ]
    for row, lane in enumerate(analysis.lanes):
        parts += _lane(analysis, lane, TOP + ROW * row)
    parts += [*_legend(analysis, height), "</svg>"]
    return "\n".join(parts) + "\n"


def grid_step(seconds: float, lines: int) -> int:
    """Seconds between lines, so that there are at most ``lines`` of them."""
    return next((step for step in STEPS if seconds / step <= lines), STEPS[-1])


def _title(analysis: Analysis) -> str:
    if not analysis.lanes:
        return "No event with a usable time"
    return (
        f"Installation of {moment(analysis.span.start)[:-3]} UTC:"
        f" {duration(analysis.span.seconds)}, {verdict(analysis)}"
    )


def _x(analysis: Analysis, time: float) -> float:
    share = (time - analysis.span.start) / max(analysis.span.seconds, 0.001)
    return LEFT + share * (WIDTH - LEFT - RIGHT)


def _grid(analysis: Analysis, height: int) -> Iterator[str]:
    step = grid_step(analysis.span.seconds, 9)
    for number in range(int(analysis.span.seconds // step) + 1 if analysis.lanes else 0):
        x = round(_x(analysis, analysis.span.start + number * step)) + 0.5
        yield f'<path class="grid" d="M{x} {TOP - 6}V{height - 30}"/>'
        label = duration(number * step).replace(".0 s", " s") if number else "0"
        yield f'<text class="dim" x="{x + 3}" y="{TOP - 10}">{label}</text>'


def _lane(analysis: Analysis, lane: Lane, y: int) -> Iterator[str]:
    bad = " bad" if lane.state == "failed" else ""
    on_path = any(one is lane for one in analysis.path.lanes)
    if on_path:
        yield f'<rect class="path" x="4" y="{y}" width="3" height="{BAR}"/>'
    name = escape(lane.component if len(lane.component) < 19 else lane.component[:17] + "…")
    yield f'<text class="name{bad}" x="14" y="{y + 12}">{MARKS[lane.state]} {name}</text>'
    spent = duration(lane.span.seconds)
    yield f'<text class="dim" x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{spent}</text>'
    start, end = _x(analysis, lane.span.start), _x(analysis, lane.span.end)
    width = max(1, end - start)
    yield f'<rect class="span" x="{start:.1f}" y="{y}" width="{width:.1f}" height="{BAR}"/>'
    yield from _bars(analysis, lane, y)
    if on_path:
        yield f'<rect class="path" x="{start:.1f}" y="{y + BAR}" width="{width:.1f}" height="2"/>'


def _bars(analysis: Analysis, lane: Lane, y: int) -> Iterator[str]:
    drawn = 0.0
    for bar in sorted(lane.bars, key=lambda bar: (bar.start, STATES.index(bar.task.state))):
        x, end = _x(analysis, bar.start), _x(analysis, bar.end)
        failed = bar.task.state in ("failed", "unreachable")
        if end - drawn < 1 and not failed:
            continue
        width = max(2.5 if failed else 1, end - x - (0.6 if end - x > 2.5 else 0))
        drawn = max(drawn, x + width)
        place = f'x="{x:.1f}" width="{width:.1f}"'
        yield f'<rect class="{bar.task.state}" {place} y="{y}" height="{BAR}"/>'
        if bar.task.attempts and width > 2:
            yield f'<rect class="retry" {place} y="{y + BAR - 4}" height="4"/>'


def _legend(analysis: Analysis, height: int) -> Iterator[str]:
    present = {bar.task.state for lane in analysis.lanes for bar in lane.bars}
    labels: list[tuple[str, str]] = [(state, state) for state in STATES if state in present]
    if analysis.retries:
        labels.append(("retry", "tried again"))
    labels.append(("path", "what the web UI waited for"))
    x = LEFT
    for kind, label in labels if analysis.lanes else []:
        yield f'<rect class="{kind}" x="{x}" y="{height - 18}" width="9" height="9" rx="2"/>'
        yield f'<text class="dim" x="{x + 14}" y="{height - 9}">{label}</text>'
        x += 26 + 7 * len(label)
