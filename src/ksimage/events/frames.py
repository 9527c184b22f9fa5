"""Frames, the one form in which every source tells an installation, become attempts.

A frame is an object of JSON whose ``k`` says which: those of the follow program
(``templates/pod/follow.py``), and the client's own:

    source  title, image: what is known of the pod
    clock   now: time passes
    lost    why: the connection is gone and is tried again
    unsaved why: the recording has ended, the watching goes on
    at      (a key of any frame in a recording) when it arrived, seconds since 1970
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Protocol

from ksimage.errors import EventsWithoutEnd
from ksimage.events.build import Builder

if TYPE_CHECKING:
    from ksimage.events.model import Attempt, Event, Run

Frame = dict[str, object]
MOST_EVENTS = 2_000_000
"""More are no installation's: a pod could send without end."""


class EventSource(Protocol):
    """Where an installation's events come from.

    Attributes:
        title: what to call it.
        live: whether what comes happens now.

    The methods that do nothing are for a source that ends by itself and holds nothing.
    """

    title: str
    live: bool

    def frames(self) -> Iterator[Frame]:
        """All frames; may wait for the next. Ends where the source ends."""

    def finish(self) -> None:
        """Ask a live source for its end: it tells what is there, and then its end frame."""
        return

    def close(self) -> None:
        """Give up what it holds; a waiting ``frames`` ends."""
        return


class Chronicle:
    """What frames have told so far.

    Attributes:
        attempts: one for each boot of the container, oldest first; at least one.
        expected: the parallel components that the hook is going to install; empty where unknown.
        hook_sleeps: whether the hook's wait loop sleeps, None where unknown.
        hook_sha256, patched: of the hook in the pod; whether ksimage patched it.
        live: whether all that lay there was read.
        lost: why there is no connection at present; empty otherwise.
        unsaved: why the recording has ended early; empty otherwise.
        now: the newest time that is known, seconds since 1970.
        whole: the source said that this is its end.
    """

    def __init__(self) -> None:
        self._builder = Builder()
        self.attempts: list[Attempt] = [self._builder.attempt]
        self.title = ""
        self.expected: tuple[str, ...] = ()
        self.hook_sha256 = ""
        self.hook_sleeps: bool | None = None
        self.patched = False
        self.live = False
        self.lost = ""
        self.unsaved = ""
        self.now = 0.0
        self.whole = False
        self.events = 0

    @property
    def attempt(self) -> Attempt:
        """The last one."""
        return self.attempts[-1]

    def take(self, frame: Frame) -> tuple[Run, Event] | None:
        """Take one frame. Returns the run and the event that it told, if it told one.

        Raises:
            EventsWithoutEnd
        """
        kind = frame.get("k")
        if kind == "ev":
            return self._event(frame)
        if kind == "bad":
            component, ident = _text(frame, "c"), _text(frame, "i")
            path = f"{component}/{ident}/job_events/{_text(frame, 'f')}"
            self._builder.damage(path, _text(frame, "why"))
            self._builder.expect(component, ident)
        elif kind == "rc":
            rc, mtime = frame.get("rc"), _number(frame.get("m"))
            if type(rc) is int and abs(rc) < 1 << 31:
                self._builder.set_rc(_text(frame, "c"), _text(frame, "i"), rc, mtime)
        elif kind == "hello":
            self._hello(_text(frame, "boot"))
        elif kind == "plan":
            self._plan(frame)
        elif kind == "source":
            self.title = _text(frame, "title")
            self.attempt.image = _text(frame, "image")
        elif kind == "live":
            self.live = True
        elif kind == "lost":
            self.lost = _text(frame, "why") or "no reason given"
        elif kind == "unsaved":
            self.unsaved = _text(frame, "why")
        elif kind == "end":
            self.whole = True
        now = _number(frame.get("now"))
        if now is not None:
            self.now = max(self.now, now)
        return None

    def cut(self) -> None:
        """Nothing more will come: what still ran was cut."""
        self._builder.cut()

    def _event(self, frame: Frame) -> tuple[Run, Event] | None:
        self.events += 1
        if self.events > MOST_EVENTS:
            raise EventsWithoutEnd(MOST_EVENTS)
        component, ident = _text(frame, "c"), _text(frame, "i")
        mtime = _number(frame.get("m"))
        path = f"{component}/{ident}/job_events/{str(frame.get('n'))[:20]}-…"
        fed = self._builder.feed(component, ident, frame.get("r"), path=path, mtime=mtime)
        if fed is not None and fed[1].time is not None:
            self.now = max(self.now, fed[1].time)
        return fed

    def _hello(self, boot: str) -> None:
        self.lost = ""
        if self.attempt.boot and boot != self.attempt.boot:
            before = self.attempt
            self._builder.cut()
            self._builder = Builder()
            self.attempts.append(self._builder.attempt)
            self.attempt.image = before.image
            self.live = False
        self.attempt.boot = boot

    def _plan(self, frame: Frame) -> None:
        self.hook_sha256 = self.attempt.hook_sha256 = _text(frame, "hook")
        sleeps = frame.get("sleeps")
        self.hook_sleeps = sleeps if type(sleeps) is bool else None
        self.patched = frame.get("patched") is True
        expected = frame.get("expected")
        if type(expected) is list:
            self.expected = tuple(name[:200] for name in expected[:200] if type(name) is str)


def _text(frame: Frame, key: str) -> str:
    value = frame.get(key)
    return value[:1000] if type(value) is str else ""


def _number(value: object) -> float | None:
    if isinstance(value, (int, float)) and abs(value) < 1e11:
        return float(value)
    return None
