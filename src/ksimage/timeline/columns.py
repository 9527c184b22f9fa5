"""Events in a few bytes each: columns of the page's data, as `data.js` reads them."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ksimage.timeline.lanes import Lane

KINDS = (
    "start", "item", "retry", "ok", "changed", "skipped", "ignored", "rescued", "failed",
    "unreachable", "running", "verbose", "other",
)  # fmt: skip
_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}


def event_columns(lanes: Sequence[Lane], tasks: Mapping[int, int], start: float) -> dict[str, Any]:
    """The events of all lanes, one lane after the other, each lane's by time.

    Args:
        lanes: in the page's order.
        tasks: the page's number of a task, by the ``id()`` of the task.
        start: seconds since 1970 from which times count.

    Returns:
        ``length``, and in base64: ``time`` (milliseconds since the event before it in the same
        lane), ``kind`` (a byte, a position in ``KINDS``) and ``task`` (its number plus one, 0 for
        none, less that of the event before it, as zigzag). Time and task are varints.
    """
    times: list[int] = []
    kinds = bytearray()
    places: list[int] = []
    for lane in lanes:
        now = last = 0
        for event in lane.events:
            at = max(now, round(((event.time or 0.0) - start) * 1000))
            place = tasks.get(id(event.task), -1) + 1
            step = place - last
            times.append(at - now)
            kinds.append(_NUMBERS[event.state])
            places.append(step * 2 if step >= 0 else -step * 2 - 1)
            now, last = at, place
    return {
        "length": len(kinds),
        "time": _text(varints(times)),
        "kind": _text(kinds),
        "task": _text(varints(places)),
    }


def varints(numbers: Iterable[int]) -> bytearray:
    """Seven bits a byte, the lowest first; the eighth bit says that more follow."""
    coded = bytearray()
    for number in numbers:
        rest = number
        while rest > 127:
            coded.append(rest & 127 | 128)
            rest >>= 7
        coded.append(rest)
    return coded


def _text(data: bytes | bytearray) -> str:
    return b64encode(data).decode()
