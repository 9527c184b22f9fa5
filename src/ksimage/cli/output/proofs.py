"""Show proofs: one by one, or how many there are."""

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


def show_count(terminal: Terminal, verdict: Verdict) -> None:
    """How many hold, and for which platforms; with -v one by one. What was not proven is named."""
    if terminal.detailed:
        show_proofs(terminal, verdict)
        return
    made = [proof for platform in verdict.platforms for proof in platform.proofs]
    count = sum(1 for proof in made if proof.passed)
    platforms = ", ".join(str(platform.image.platform) for platform in verdict.platforms)
    terminal.success(f"{count} proofs hold ({platforms})")
    for proof in dict.fromkeys(proof for proof in made if proof.passed is None):
        terminal.skipped(f"{proof.name} ({proof.detail})")
