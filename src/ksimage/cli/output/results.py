"""What a build leaves behind beside the image: lines on stderr, files for CI, a step summary."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ksimage.cli.output.documents import build_document, error_document
from ksimage.cli.output.terminal import SCHEMA
from ksimage.errors import CannotWrite

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from ksimage.build.batch import Row
    from ksimage.build.make import Built
    from ksimage.cli.output.terminal import Terminal

HEADERS = ("release", "platforms", "state", "digest", "seconds", "bytes moved")


def show(terminal: Terminal, built: Built, seconds: float, *, brief: bool = False) -> None:
    """One build's proofs and result, on stderr; ``brief`` counts the proofs."""
    from ksimage.cli.output.proofs import show_proofs

    published = built.published
    if brief:
        count = sum(len(verdict.proofs) for verdict in built.verdict.platforms)
        terminal.success(f"{count} proofs hold")
    else:
        show_proofs(terminal, built.verdict)
    if built.smoke_test:
        terminal.success("installRunner.py --config prints what the base's prints")
    if not brief:
        for platform, image_id in built.image_ids.items():
            terminal.step(f"image ID {image_id} ({platform})")
    if published.kept:
        terminal.step(f"kept     {published.kept} (what the tag held before)")
    elif published.replaced:
        terminal.step(f"replaced {published.replaced}")
    sent = published.copied.sent if published.copied else 0
    state = "up to date, nothing written" if published.up_to_date else f"{sent:,} bytes written"
    if built.destination.engine == "docker" and not published.up_to_date:
        # The engine does not tell how many bytes it moved.
        state = "pushed by the engine" if published.location.reference else "built and tagged"
    terminal.success(f"{published.location}: {state}, {seconds:.1f} s")


def table(rows: Sequence[Row]) -> list[tuple[str, ...]]:
    """The summary's cells."""
    return [
        (
            row.release,
            row.platforms,
            row.state.value,
            row.digest,
            f"{row.seconds:.1f}",
            f"{row.bytes_sent:,}" if row.built else "",
        )
        for row in rows
    ]


def rows_document(rows: Sequence[Row]) -> dict[str, Any]:
    """Several builds as one JSON document."""
    return {
        "builds": [
            {
                "release": row.release,
                "state": row.state.value,
                "seconds": round(row.seconds, 3),
                "build": build_document(row.built) if row.built else None,
                "error": error_document(row.error) if row.error else None,
            }
            for row in rows
        ]
    }


def report(terminal: Terminal, rows: Sequence[Row]) -> None:
    """Tell the CI system: a table on the step's summary page, outputs for later jobs."""
    if not terminal.in_ci:
        return
    from ksimage.ci.markdown import table as markdown

    for row in rows:
        if row.error is not None:
            terminal.ci.failed(row.error)
    terminal.ci.summary("### ksimage build\n\n" + markdown(HEADERS, table(rows), codes=("digest",)))
    built = [row.built.published for row in rows if row.built]
    if built:
        outputs = {"references": "\n".join(published.reference for published in built)}
        if len(rows) == 1:
            outputs |= {"reference": built[0].reference, "digest": built[0].top.digest}
        terminal.ci.outputs(outputs)


class Files:
    """``--metadata-file`` and ``--image-refs``."""

    def __init__(self, metadata: str | None, references: str | None) -> None:
        self._metadata = metadata
        self._references = references

    def require_writable(self) -> None:
        """Find out before anything is built. Raises CannotWrite."""
        for path in filter(None, (self._metadata, self._references)):
            _require_writable(Path(path))

    def write(self, rows: Sequence[Row]) -> None:
        """Write both, as far as asked for. Raises CannotWrite."""
        import json

        if self._metadata:
            document = {"schema": SCHEMA, **rows_document(rows)}
            _write(self._metadata, json.dumps(document, ensure_ascii=False, indent=2) + "\n")
        if self._references:
            references = [row.built.published.reference for row in rows if row.built]
            _write(self._references, "".join(f"{line}\n" for line in references))


def _require_writable(path: Path) -> None:
    there = path.exists()
    if path.is_fifo() or path.is_char_device():
        return  # to open and close a pipe would end it for its reader
    try:
        path.open("a").close()
        if not there:
            path.unlink()
    except OSError as error:
        raise CannotWrite(path, error) from error


def _write(path: str, text: str) -> None:
    try:
        Path(path).write_text(text, encoding="utf-8")
    except OSError as error:
        raise CannotWrite(path, error) from error
