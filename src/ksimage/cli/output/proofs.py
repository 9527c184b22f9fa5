"""Show proofs, one line each; the same for every command that proves."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ksimage.cli.output.terminal import Terminal
    from ksimage.inspection.verdict import Verdict


def show_proofs(terminal: Terminal, verdict: Verdict) -> None:
    """Every proof that did not fail, of every platform; failures are the error's business."""
    for platform in verdict.platforms:
        prefix = f"{platform.image.platform}: " if len(verdict.platforms) > 1 else ""
        for proof in platform.proofs:
            text = f"{prefix}{proof.name} ({proof.detail})"
            if proof.passed is None:
                terminal.skipped(text)
            elif proof.passed:
                terminal.success(text)
