"""What the user sees: results on stdout, everything else on stderr.

Colours, levels, text or JSON are decided here and nowhere else.
"""

from __future__ import annotations

import os
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

import click

import ksimage
from ksimage.cli.output.lines import clean, encodable, wrapped
from ksimage.cli.output.streams import Marks
from ksimage.errors import KsimageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ksimage.ci.report import Reporter
    from ksimage.cli.output.logs import Listener

SHORTEST_SECRET = 4
"""Characters; replacing shorter ones would garble every line, and they are no secrets."""

QUIETEST, QUIET, NORMAL, DETAILED, DEBUG = -2, -1, 0, 1, 2


class Terminal:
    """Output of one run."""

    def __init__(self) -> None:
        self.level = NORMAL
        self.json = os.environ.get("KSIMAGE_OUTPUT") == "json"
        self.config: str | None = None
        self._color: bool | None = None
        self._said: set[str] = set()
        self._log: Listener | None = None
        self._done = False
        self.complete: Callable[[str, str], str] = lambda line, _: line
        self._secrets: tuple[str, ...] = ()
        self._thread = threading.local()
        self._ci: Reporter | None = None

    def configure(self, name: str, value: object) -> None:
        """Take a global option, given before or after the command's name."""
        if name == "more" and isinstance(value, int):
            self.level = min(DEBUG, self.level + value)
        elif name == "less" and isinstance(value, int):
            self.level = max(QUIETEST, self.level - value)
        elif name == "output":
            self.json = value == "json"
        elif name == "color" and isinstance(value, bool):
            self._color = value
        elif name == "config" and isinstance(value, str):
            self.config = value
        if self._log is not None or self.level >= DETAILED:
            self.listen()

    def hide(self, username: str | None, password: str | None) -> None:
        """Never print this password, nor what HTTP makes of it: the last line of defence."""
        if password and len(password) >= SHORTEST_SECRET:
            import base64
            import json

            pair = base64.b64encode(f"{username or ''}:{password}".encode()).decode()
            self._secrets += (password, json.dumps(password)[1:-1], pair)

    def without_secrets(self, text: str) -> str:
        """``text`` with stars where it holds a password."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def colored(self, stream: TextIO) -> bool:
        """Whether to colour ``stream``: the flag, NO_COLOR (no-color.org), FORCE_COLOR, itself."""
        if self._color is not None:
            return self._color
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return True
        return stream.isatty() and os.environ.get("TERM") != "dumb"

    @property
    def animated(self) -> bool:
        """Whether stderr may be redrawn in place: a terminal that can, and a person before it."""
        watched = self.level >= NORMAL and not self.json and not self.in_ci
        able = os.environ.get("TERM", "") not in ("", "dumb", "unknown")
        return watched and able and sys.stderr is not None and sys.stderr.isatty()

    def style(
        self,
        text: str,
        stream: TextIO | None = None,
        *,
        fg: str | None = None,
        bold: bool | None = None,
        dim: bool | None = None,
    ) -> str:
        """``text`` in a style, or plain where colours are off."""
        if not self.colored(stream or sys.stderr):
            return text
        return click.style(text, fg=fg, bold=bold, dim=dim)

    # --- stderr: the story -----------------------------------------------------------------

    def step(self, text: str) -> None:
        """Something is done or being done."""
        self._say(NORMAL, clean(text))

    def field(self, name: str, text: str) -> None:
        """A fact under a name of at most eight letters; long ones are wrapped on a terminal."""
        self._say(NORMAL, wrapped(f"{name:<8} ", clean(text), sys.stderr))

    def success(self, text: str) -> None:
        """A proof held, or the job is done."""
        self._say(NORMAL, f"{self.style('✓', fg='green')} {clean(text)}")

    def skipped(self, text: str) -> None:
        """Something could not be checked."""
        self._say(NORMAL, f"{self.style('–', fg='yellow')} {clean(text)}")

    def detail(self, text: str) -> None:
        """Only with -v."""
        self._say(DETAILED, self.style(clean(text), dim=True))

    def warning(self, text: str) -> None:
        """Something to know; each text is said once."""
        if text not in self._said:
            self._said.add(text)
            line = wrapped("warning: ", clean(text), sys.stderr).removeprefix("warning:")
            self._say(QUIET, f"{self.style('warning:', fg='yellow', bold=True)}{line}")

    @contextmanager
    def part(self, name: str, kept: list[str] | None = None) -> Iterator[None]:
        """Mark what this thread says as being about ``name``; with ``kept``, collect it there."""
        self._thread.name, self._thread.kept = name, kept
        try:
            yield
        finally:
            self._thread.name, self._thread.kept = "", None

    @property
    def in_part(self) -> bool:
        """Whether what this thread says is marked already."""
        return bool(getattr(self._thread, "name", ""))

    def replay(self, title: str, lines: list[str]) -> None:
        """Say what a part collected, folded where the CI system can fold."""
        with self.ci.group(title):
            for line in lines:
                self._write(line)

    @property
    def ci(self) -> Reporter:
        """The CI system around this run; does nothing outside of one."""
        if self._ci is None:
            from ksimage.ci.report import Reporter

            self._ci = Reporter(os.environ, Marks(self.without_secrets))
        return self._ci

    @property
    def in_ci(self) -> bool:
        """Whether a CI system with manners of its own runs this."""
        from ksimage.ci.detect import System, detect

        return detect(os.environ) is not System.PLAIN

    def _say(self, level: int, text: str) -> None:
        if self.level < level:
            return
        name = getattr(self._thread, "name", "")
        kept = getattr(self._thread, "kept", None)
        if kept is not None:
            kept.append(text)
            return
        if name:
            text = f"{self.style(f'[{name}]', dim=True)} {text}"
        self._write(text)

    def _write(self, text: str) -> None:
        text = encodable(self._disarmed(self.without_secrets(text)), sys.stderr)
        # named, so that progress bars, which put something in its place, let it out above them
        click.echo(text, file=sys.stderr, color=self.colored(sys.stderr))

    def _disarmed(self, text: str) -> str:
        """``text`` without commands to the CI system, which reads both streams."""
        if not self.in_ci:
            return text
        from ksimage.ci.escape import disarmed

        return disarmed(text)

    # --- stdout: the result ----------------------------------------------------------------

    def result(self, text: str, document: Mapping[str, object] | None = None) -> None:
        """The run's one result: ``text``, or with ``--output json`` the document."""
        if self.json and document is not None:
            self.document(document)
        elif text:
            text = encodable(self._disarmed(self.without_secrets(text)), sys.stdout)
            click.echo(text, color=self.colored(sys.stdout))
        self._done = True

    def document(self, document: Mapping[str, object]) -> None:
        """One JSON document with its schema's version."""
        from ksimage.ci.escape import disarmed_json
        from ksimage.cli.output.documents import as_json

        # ASCII: file names in images need not be UTF-8, nor need the terminal.
        text = disarmed_json(as_json(document))
        click.echo(self.without_secrets(text))
        self._done = True

    # --- errors ----------------------------------------------------------------------------

    def error(self, error: KsimageError) -> None:
        """The run's one error: as JSON on stdout too when asked for, annotated in CI."""
        if self.json and not self._done:
            from ksimage.cli.output.documents.lists import error_document

            self.document({"error": error_document(error, self._advice(error))})
        self.explain(error)
        if self.in_ci:
            self.ci.failed(error)

    def explain(self, error: KsimageError) -> None:
        """What happened, why, and what to type next."""
        self._say(QUIETEST, f"{self.style('error:', fg='red', bold=True)} {clean(error.message)}")
        for line in error.why.splitlines():
            self._say(QUIETEST, f"  {clean(line)}")
        arrow = self.style("→", dim=True)
        for line in self._advice(error):
            self._say(QUIETEST, f"  {arrow} {clean(line)}")

    def _advice(self, error: KsimageError) -> list[str]:
        part = getattr(self._thread, "name", "")
        return [self.complete(line, part) for line in error.advice]

    def usage_error(self, error: click.ClickException, words: Sequence[str]) -> None:
        """Click's own errors, in the same manner; it quotes ``words`` of the command line."""
        from ksimage.errors import UsageError
        from ksimage.text import reference_without_login

        context = getattr(error, "ctx", None)
        program = context.command_path if context else "ksimage"
        message = error.format_message()
        for word in words:
            for quoted in (word, repr(word)[1:-1]):
                message = message.replace(quoted, reference_without_login(quoted))
        self.error(UsageError(message, advice=[f"{program} --help"]))

    def unexpected(self, error: Exception) -> None:
        """A mistake of ksimage itself: no traceback unless asked for, but a way to report it."""
        if self.level >= DEBUG or os.environ.get("KSIMAGE_TRACEBACK"):
            import traceback

            self._write("".join(traceback.format_exception(error)).rstrip())
        self.error(
            KsimageError(
                f"ksimage {ksimage.__version__} ran into a mistake of its own:"
                f" {type(error).__name__}: {error}",
                advice=["run it again with -vv and report what it prints"],
            )
        )

    # --- log records -----------------------------------------------------------------------

    def listen(self) -> None:
        """Show the library's log from now on; at any level its warnings."""
        import logging

        if self._log is None:
            from ksimage.cli.output.logs import Listener

            self._log = Listener(self.warning, self.detail)
        least = {DETAILED: logging.INFO, DEBUG: logging.DEBUG}
        self._log.show(least.get(self.level, logging.WARNING))

    def close(self) -> None:
        """Detach from the log."""
        if self._log is not None:
            self._log.close()
            self._log = None
