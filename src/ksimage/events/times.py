"""Times as event files write them, as seconds since 1970."""

from __future__ import annotations

from datetime import datetime, timezone

_UTC = timezone.utc
# An installation's clock can be wrong by years; what lies outside of these is no clock's.
_FIRST = datetime(1980, 1, 1, tzinfo=_UTC).timestamp()
_LAST = datetime(2200, 1, 1, tzinfo=_UTC).timestamp()


def when(text: object, offset: float = 0.0) -> float | None:
    """The seconds since 1970 (UTC) of an event's ``created`` or ``start``.

    ansible-runner writes naive times before 2.4 and times with a zone since.

    Args:
        text: as read from the event; anything.
        offset: seconds by which the zone of naive times is ahead of UTC.

    Returns:
        None when it is no time, or one of a year in which no cluster ran.
    """
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            seconds = moment.replace(tzinfo=_UTC).timestamp() - offset
        else:
            seconds = moment.timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if _FIRST <= seconds < _LAST else None
