"""What a CI system shows beside the plain log: groups, annotations, outputs, a summary.

A :class:`Reporter` writes its markers to the stream of messages (stderr), never to stdout, which
carries the result. Outside of CI every method does nothing.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ksimage.ci.detect import System, detect
from ksimage.ci.escape import command_data, command_property, log_text
from ksimage.errors import CannotReport

if TYPE_CHECKING:
    from io import TextIOBase

    from ksimage.errors import KsimageError

MAX_SUMMARY: Final = 1 << 20
"""Bytes that GitHub accepts as one step's summary; more fails the upload."""
MAX_ANNOTATIONS: Final = 10
"""Annotations of one kind that GitHub shows for a step."""
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,99}")
_TRUNCATED: Final = "\n\n(cut: the summary is too long)\n"


@dataclass(frozen=True)
class Annotation:
    """A message at a place in a file. ``line`` and ``column`` from 1, 0 for none."""

    message: str
    title: str = "ksimage"
    file: str = ""
    line: int = 0
    column: int = 0


class Reporter:
    """Speaks to the CI system around this process."""

    def __init__(self, environ: Mapping[str, str], stream: TextIOBase) -> None:
        self.system = detect(environ)
        self._environ = environ
        self._stream = stream
        self._sections = 0

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        """A part of the log that can be folded. Groups do not nest (GitHub's cannot)."""
        line = " ".join(log_text(title).split())
        if self.system is System.GITHUB:
            self._write(f"::group::{command_data(line)}\n")
            try:
                yield
            finally:
                self._write("::endgroup::\n")
        elif self.system is System.GITLAB:
            self._sections += 1
            name = f"ksimage_{self._sections}"
            now = int(time.time())
            self._write(f"\x1b[0Ksection_start:{now}:{name}[collapsed=true]\r\x1b[0K{line}\n")
            try:
                yield
            finally:
                self._write(f"\x1b[0Ksection_end:{int(time.time())}:{name}\r\x1b[0K\n")
        else:
            yield

    def annotate(self, found: Annotation) -> None:
        """Show a message where the reader looks: at the line, in the pull request's files."""
        if self.system is not System.GITHUB:
            return
        properties = {"title": found.title}
        if found.file:
            properties["file"] = found.file
            if found.line:
                properties["line"] = str(found.line)
            if found.column:
                properties["col"] = str(found.column)
        listed = ",".join(f"{key}={command_property(text)}" for key, text in properties.items())
        self._write(f"::error {listed}::{command_data(log_text(found.message))}\n")

    def failed(self, error: KsimageError) -> None:
        """Annotate an error at the files that caused it."""
        workspace = self._environ.get("GITHUB_WORKSPACE", "")
        for found in places(error, Path(workspace) if workspace else None)[:MAX_ANNOTATIONS]:
            self.annotate(found)

    def outputs(self, values: Mapping[str, str]) -> None:
        """Set outputs of the step, for later jobs, where there is such a thing.

        Raises:
            CannotReport: GITHUB_OUTPUT names a file that cannot be written.
        """
        text = "".join(output_text(name, value) for name, value in values.items())
        self._append("GITHUB_OUTPUT", text)

    def summary(self, markdown: str) -> None:
        """Add to the job's summary page, where there is one.

        Raises:
            CannotReport: GITHUB_STEP_SUMMARY names a file that cannot be written.
        """
        data = markdown.encode()
        if len(data) > MAX_SUMMARY:
            kept = data[: MAX_SUMMARY - len(_TRUNCATED)].decode("utf-8", "ignore")
            markdown = kept[: kept.rfind("\n") + 1] + _TRUNCATED
        self._append("GITHUB_STEP_SUMMARY", markdown)

    def _append(self, variable: str, text: str) -> None:
        path = self._environ.get(variable, "")
        if self.system is not System.GITHUB or not path:
            return
        try:
            with Path(path).open("a", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
        except OSError as error:
            raise CannotReport(variable, error) from error

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


def output_text(name: str, value: str) -> str:
    """One output in the form of $GITHUB_OUTPUT.

    The heredoc's delimiter is random, so that no value can end its own heredoc and set others.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not an output's name")
    delimiter = f"ksimage_{secrets.token_hex(16)}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


def places(error: KsimageError, workspace: Path | None = None) -> list[Annotation]:
    """The places in files that an error is about; one without a place when there is none.

    Paths become relative to ``workspace``, which is what GitHub wants; a file outside of it (one of
    ksimage's own patches) is named in the message only.
    """
    faults = getattr(error, "faults", None)
    if faults:
        return [
            Annotation(
                str(fault),
                type(error).__name__,
                _inside(fault.place, workspace) if fault.line else "",
                fault.line,
                fault.column,
            )
            for fault in faults
        ]
    text = "\n".join(part for part in (error.message, error.why, *error.advice) if part)
    file = _inside(getattr(error, "path", None) or "", workspace)
    line = (getattr(error, "line", None) or 0) if file else 0
    return [Annotation(text, type(error).__name__, file, line)]


def _inside(path: str, workspace: Path | None) -> str:
    if not path:
        return ""
    full = Path.cwd() / path
    if workspace is None:
        return path if not Path(path).is_absolute() else ""
    try:
        return str(full.resolve().relative_to(workspace.resolve()))
    except ValueError:
        return ""
