"""Events in a few bytes each: columns of the page's data, as `data.js` reads them."""

from __future__ import annotations

from base64 import b64encode
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ksimage.timeline.lanes import Lane

KINDS = (
    "start", "item", "retry", "ok", "changed", "skipped", "ignored", "rescued", "failed",
    "unreachable", "running", "verbose", "other",
)  # fmt: skip
_NUMBERS = {kind: number for number, kind in enumerate(KINDS)}


def event_columns(
    lanes: Sequence[Lane], tasks: Mapping[int, int], start: float
) -> dict[str, object]:
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
            times.append(at - now)
            kinds.append(_NUMBERS[event.state])
            places.append(zigzag(place - last))
            now, last = at, place
    return {
        "length": len(kinds),
        "time": _text(varints(times)),
        "kind": _text(kinds),
        "task": _text(varints(places)),
    }


def packed(
    rows: Sequence[tuple[int, ...]], fields: Sequence[str], deltas: Sequence[str]
) -> dict[str, object]:
    """Rows as columns: a member ``rows``, how many they are, and one in base64 for each field.

    Args:
        rows: numbers, none of them negative but in the columns that are ``deltas``.
        fields: the columns' names.
        deltas: the columns of which each number is given less the one before it, as zigzag.
    """
    coded: dict[str, object] = {"rows": len(rows)}
    for place, field in enumerate(fields):
        column = [row[place] for row in rows]
        if field in deltas:
            column = [zigzag(now - last) for last, now in pairwise([0, *column])]
        coded[field] = _text(varints(column))
    return coded


def zigzag(number: int) -> int:
    """Small numbers of either sign as small ones without: 0, -1, 1, -2 become 0, 1, 2, 3."""
    return number * 2 if number >= 0 else -number * 2 - 1


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
