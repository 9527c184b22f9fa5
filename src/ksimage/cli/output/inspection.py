"""What was found out about an image, for people: an inspection, and proofs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.cli.output.terminal import DETAILED
from ksimage.text import printable

if TYPE_CHECKING:
    from ksimage.cli.output.terminal import Terminal
    from ksimage.harbor.view import View
    from ksimage.inspection.report import Inspection, PlatformReport
    from ksimage.inspection.verdict import Verdict

MAX_TEXT = 300  # characters of a text of the image that are shown

Line = tuple[str, str]
"""A label and a value; a value of "" makes the label a heading, a label of "" goes on."""


def inspection_rows(inspection: Inspection) -> list[Line]:
    """Everything, as labelled lines; hostile texts are made harmless."""
    rows: list[Line] = [
        (inspection.name, ""),
        ("index" if inspection.is_index else "manifest", inspection.digest),
        ("media type", inspection.media_type),
        *(("dropped", entry) for entry in inspection.dropped),
    ]
    for platform in inspection.platforms:
        rows += [(platform.platform, ""), *_platform_rows(platform, alone=not inspection.is_index)]
    if inspection.view is not None:
        title = f"Harbor {inspection.view.version or ''}".rstrip()
        rows += [(title, ""), *_harbor_rows(inspection.view)]
    judgement = inspection.judgement
    if judgement is not None:
        rows += [
            ("Was the tag overwritten?", ""),
            (judgement.answer.value, judgement.sentence),
            *(("", fact) for fact in judgement.facts),
        ]
    return [(printable(label, MAX_TEXT), printable(value, MAX_TEXT)) for label, value in rows]


def _platform_rows(platform: PlatformReport, *, alone: bool) -> list[Line]:
    identity = platform.identity
    rows: list[Line] = [
        ("holds", str(identity) if identity else f"no ks-installer hook: {platform.no_hook}")
    ]
    if not alone:
        rows.append(("manifest", platform.digest))
    rows.append(("image ID", platform.image_id))
    rows.append(
        ("size", f"{platform.size:,} bytes in {platform.layers} layers, created {platform.created}")
    )
    if identity is not None:
        rows.append(("hook", f"sha256 {identity.hook_sha256}"))
        rows += [("patch", str(patch)) for patch in identity.patches]
        if identity.base_digest or identity.base_name:
            text = "@".join(part for part in (identity.base_name, identity.base_digest) if part)
            rows.append(("base", text))
    if platform.verbosity is not None:
        rows.append(("verbosity", platform.verbosity))
    rows.append(("runs", f"{_words(platform.entrypoint)} {_words(platform.command)}".strip()))
    rows.append(("as", platform.user or "root"))
    if platform.lost:
        rows += [("LOST", lost) for lost in platform.lost]
        rows.append(("", "`docker commit` of a running installer does this: build it anew instead"))
    return rows


def _harbor_rows(view: View) -> list[Line]:
    rows: list[Line] = []
    if view.public is not None:
        rows.append(("project", "public" if view.public else "private"))
    if view.artifact is not None:
        rows.append(("first seen", view.artifact.pushed or "unknown"))
        for tag in view.artifact.tags:
            lock = ", immutable" if tag.immutable else ""
            rows.append(("tag", f"{tag.name} since {tag.pushed or 'unknown'}{lock}"))
    if view.pushes is None:
        rows.append(("pushed by", "not told to this login"))
    pushes = (view.pushes or ())[:3]
    return rows + [("pushed by", f"{push.user} at {push.time}") for push in pushes]


def _words(value: object) -> str:
    return " ".join(str(part) for part in value) if isinstance(value, list) else str(value or "")


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
    if terminal.level >= DETAILED:
        show_proofs(terminal, verdict)
        return
    made = [proof for platform in verdict.platforms for proof in platform.proofs]
    count = sum(1 for proof in made if proof.passed)
    platforms = ", ".join(str(platform.image.platform) for platform in verdict.platforms)
    terminal.success(f"{count} proofs hold ({platforms})")
    for proof in dict.fromkeys(proof for proof in made if proof.passed is None):
        terminal.skipped(f"{proof.name} ({proof.detail})")
