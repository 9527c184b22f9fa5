"""Every task as a row of CSV, for spreadsheets and other programs."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from ksimage.timeline.words import LINE, line, moment

if TYPE_CHECKING:
    from ksimage.timeline.analysis import Analysis

HEADERS = (
    "component", "phase", "task", "role", "action", "host", "state", "start", "after_s",
    "duration_s", "retries", "retries_allowed", "items", "path", "on_critical_path",
)  # fmt: skip


def table(analysis: Analysis) -> str:
    """The table. Times are UTC, lengths seconds; tasks of earlier runs of a component included."""
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(HEADERS)
    path = {id(step.bar.task) for step in analysis.path.steps if step.bar}
    for lane in analysis.lanes:
        for bar in lane.bars:
            task = bar.task
            writer.writerow(
                (
                    cell(lane.component),
                    lane.phase,
                    cell(task.name),
                    cell(task.role),
                    cell(task.action),
                    cell(task.host),
                    task.state,
                    moment(bar.start).replace(" ", "T") + "Z",
                    f"{bar.start - analysis.span.start:.3f}",
                    f"{bar.seconds:.3f}",
                    task.attempts,
                    task.retries,
                    task.items,
                    cell(task.path),
                    int(id(task) in path),
                )
            )
    return written.getvalue()


def cell(text: str) -> str:
    """``text`` on one line, which no spreadsheet takes for a formula."""
    text = line(text, 2 * LINE)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text
