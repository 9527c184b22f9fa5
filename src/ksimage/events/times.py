"""Times as event files write them, as seconds since 1970."""

from __future__ import annotations

from datetime import datetime, timezone

_UTC = timezone.utc
# An installation's clock can be wrong by years; what lies outside of these is no clock's.
_FIRST = datetime(1980, 1, 1, tzinfo=_UTC).timestamp()
_LAST = datetime(2200, 1, 1, tzinfo=_UTC).timestamp()


def when(text: object) -> float | None:
    """The seconds since 1970 (UTC) of an event's ``created`` or ``start``.

    ansible-runner writes times without a zone, in UTC, before 2.4 (``datetime.utcnow`` in its
    display callback, whatever the pod's zone is), and times with a zone since.

    Args:
        text: as read from the event; anything.

    Returns:
        None when it is no time, or one of a year in which no cluster ran.
    """
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=_UTC)
        seconds = moment.timestamp()
    except (ValueError, OverflowError):
        return None
    return seconds if _FIRST <= seconds < _LAST else None
