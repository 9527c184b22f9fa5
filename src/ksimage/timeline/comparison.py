"""Two attempts, task by task: what became faster, slower, is new or gone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple

from ksimage.timeline.words import columns, duration, task_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ksimage.timeline.analysis import Analysis
    from ksimage.timeline.lanes import Bar

Verdict = Literal["slower", "faster", "new", "gone", "same"]

LEAST_SECONDS = 0.5
LEAST_SHARE = 0.1
"""A task is called slower or faster from this much on, in seconds and as a part of what it took."""


class Pair(NamedTuple):
    """A task of both attempts, or of one. Texts are fit for showing."""

    component: str
    name: str
    before: Bar | None
    after: Bar | None

    @property
    def difference(self) -> float:
        """Seconds that it takes more; a task that is not there takes none."""
        return (self.after.seconds if self.after else 0.0) - (
            self.before.seconds if self.before else 0.0
        )

    @property
    def verdict(self) -> Verdict:
        """What became of it."""
        if self.before is None:
            return "new"
        if self.after is None:
            return "gone"
        if abs(self.difference) < max(LEAST_SECONDS, LEAST_SHARE * self.before.seconds):
            return "same"
        return "slower" if self.difference > 0 else "faster"


@dataclass(frozen=True, slots=True)
class Comparison:
    """``before`` and ``after`` laid over each other, the largest differences first."""

    before: Analysis
    after: Analysis
    pairs: list[Pair]

    def of(self, verdict: Verdict) -> list[Pair]:
        """The pairs with this verdict."""
        return [pair for pair in self.pairs if pair.verdict == verdict]


def compare(before: Analysis, after: Analysis) -> Comparison:
    """Match by component, role, name, host, and how often that came before in the same run."""
    old, new = dict(_keyed(before)), dict(_keyed(after))
    pairs = [
        Pair(key[0], task_name(key[2]), old.get(key), new.get(key))
        for key in dict.fromkeys((*old, *new))
    ]
    pairs.sort(key=lambda pair: -abs(pair.difference))
    return Comparison(before, after, pairs)


def comparison_report(
    comparison: Comparison, most: int = 15, bold: Callable[[str], str] = str
) -> str:
    """The comparison as text."""
    before, after = comparison.before, comparison.after
    parts = [
        "\n".join(
            columns(
                [
                    ("before", duration(before.span.seconds), before.title),
                    ("after", duration(after.span.seconds), after.title),
                    ("", signed(after.span.seconds - before.span.seconds), ""),
                ],
                "lr",
                "",
            )
        ),
        "\n".join([bold("Components"), *_components(comparison)]),
    ]
    for verdict in ("slower", "faster", "new", "gone"):
        pairs = comparison.of(verdict)
        if pairs:
            total = signed(sum(pair.difference for pair in pairs))
            rows = [
                (
                    signed(pair.difference),
                    duration(pair.before.seconds) if pair.before else "-",
                    duration(pair.after.seconds) if pair.after else "-",
                    pair.component,
                    pair.name,
                )
                for pair in pairs[:most]
            ]
            heading = bold(f"{verdict.capitalize()}: {len(pairs):,} ({total})")
            parts.append("\n".join([heading, *columns(rows, "rrr")]))
    parts.append(f"{len(comparison.of('same')):,} took about as long")
    return "\n\n".join(parts)


def signed(seconds: float) -> str:
    """``+4.9 s`` or ``-4.9 s``."""
    return ("-" if seconds < 0 else "+") + duration(abs(seconds))


def _components(comparison: Comparison) -> list[str]:
    old = {lane.component: lane for lane in comparison.before.lanes}
    new = {lane.component: lane for lane in comparison.after.lanes}
    rows = []
    for name in dict.fromkeys((*old, *new)):
        before = old[name].span.seconds if name in old else None
        after = new[name].span.seconds if name in new else None
        rows.append(
            (
                name,
                "-" if before is None else duration(before),
                "-" if after is None else duration(after),
                signed(after - before) if before is not None and after is not None else "",
            )
        )
    return columns(rows, "lrrr")


def _keyed(analysis: Analysis) -> Iterator[tuple[tuple[str, str, str, str, int], Bar]]:
    seen: dict[tuple[str, str, str, str], int] = {}
    for lane in analysis.lanes:
        for bar in lane.current:
            task = bar.task
            key = (lane.component, task.role, task.name, task.host)
            seen[key] = seen.get(key, 0) + 1
            yield (*key, seen[key]), bar
