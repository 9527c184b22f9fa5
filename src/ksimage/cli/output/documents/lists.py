"""Releases, patches, findings, files that were written, and an error."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from ksimage.build.staleness import Finding
    from ksimage.errors import KsimageError
    from ksimage.hook.matrix import Cell, HookRow
    from ksimage.patching.series import SeriesPatch
    from ksimage.upstream.releases import Release


def releases_document(known: Iterable[Release]) -> dict[str, object]:
    """What ``releases`` lists."""
    return {
        "releases": [
            {
                "tag": release.tag,
                "date": release.date,
                "hook_sha256": release.sha256,
                "supported": release.supported,
                "reason": release.reason,
            }
            for release in known
        ]
    }


def patches_document(series: Iterable[SeriesPatch]) -> dict[str, object]:
    """What ``patches list`` lists."""
    return {"patches": [_patch(patch) for patch in series]}


def patch_document(patch: SeriesPatch, text: str) -> dict[str, object]:
    """What ``patches show`` shows."""
    return {"patch": {**_patch(patch), "text": text}}


def _patch(patch: SeriesPatch) -> dict[str, object]:
    return {
        "name": patch.name,
        "default": patch.default,
        "releases": patch.header.releases,
        "summary": patch.header.summary,
        "risk": patch.header.risk,
        "sha256": patch.sha256,
    }


def findings_document(findings: Sequence[Finding]) -> dict[str, object]:
    """What ``check`` found out."""
    return {
        "images": [
            {
                "release": finding.release,
                "state": finding.state.value,
                "reasons": list(finding.reasons),
                "image": finding.image,
                "tag": finding.tag,
                "digest": finding.digest or None,
                "base_digest": finding.base_digest or None,
                "error": error_document(finding.error) if finding.error else None,
            }
            for finding in findings
        ]
    }


def files_document(paths: Iterable[Path]) -> dict[str, object]:
    """What ``init`` wrote."""
    return {"files": [str(path) for path in paths]}


def matrix_document(rows: Sequence[HookRow]) -> dict[str, object]:
    """What ``patches check`` found out."""
    return {
        "releases": [
            {
                "release": row.release,
                "hook_sha256": row.sha256,
                "pristine": row.pristine,
                "patches": [_cell_json(cell) for cell in row.cells],
                "series": {
                    key: value for key, value in _cell_json(row.series).items() if key != "patch"
                },
                "patched_sha256": row.result or None,
            }
            for row in rows
        ],
        "good": all(row.good for row in rows),
    }


def _cell_json(cell: Cell) -> dict[str, object]:
    from ksimage.hook.matrix import APPLIES, OFFSET

    found: dict[str, object] = {"patch": cell.patch, "status": cell.status}
    if cell.status in (APPLIES, OFFSET):
        found["offset"] = cell.offset
    if cell.kind:
        found["kind"] = cell.kind
    if cell.reason:
        found["reason"] = cell.reason
    return found


def error_document(error: KsimageError, advice: Sequence[str] | None = None) -> dict[str, object]:
    """An error as JSON; ``advice`` in place of its own, where that was completed."""
    return {
        "kind": error.kind,
        "exit_code": error.exit_code,
        "message": error.message,
        "why": error.why,
        "advice": list(error.advice if advice is None else advice),
    }
