"""An inspection for people and for scripts: labelled lines, and one JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ksimage.text import printable

if TYPE_CHECKING:
    from ksimage.harbor.view import View
    from ksimage.inspection.report import Inspection, Platform

MAX_TEXT = 300  # characters of a text of the image that are shown

Row = tuple[str, str]
"""A label and a value; a value of "" makes the label a heading, a label of "" goes on."""


def inspection_document(inspection: Inspection) -> dict[str, Any]:
    """Everything, as JSON. Keys stay; see docs/json.md."""
    kept, judgement = inspection.kept, inspection.judgement
    return {
        "name": inspection.name,
        "digest": inspection.digest,
        "media_type": inspection.media_type,
        "platforms": [_platform_document(platform) for platform in inspection.platforms],
        "dropped": list(inspection.dropped),
        "kept": kept and {"name": kept.name, "digest": kept.digest, "holds": kept.what},
        "overwritten": judgement
        and {
            "answer": judgement.answer.value,
            "sentence": judgement.sentence,
            "facts": list(judgement.facts),
        },
        "harbor": _harbor_document(inspection.view),
        "warnings": list(inspection.warnings),
    }


def inspection_rows(inspection: Inspection) -> list[Row]:
    """Everything, as labelled lines; hostile texts are made harmless."""
    rows: list[Row] = [
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


def _platform_document(platform: Platform) -> dict[str, Any]:
    identity = platform.identity
    return {
        "platform": platform.platform,
        "media_type": platform.media_type,
        "digest": platform.digest,
        "image_id": platform.image_id,
        "layers": platform.layers,
        "size": platform.size,
        "created": platform.created,
        "origin": identity.origin.value if identity else None,
        "holds": str(identity) if identity else platform.no_hook,
        "release": identity.release if identity else None,
        "hook_sha256": identity.hook_sha256 if identity else None,
        "patches": [str(patch) for patch in identity.patches] if identity else [],
        "base": {
            "name": identity.base_name if identity else "",
            "digest": identity.base_digest if identity else "",
        },
        "verbosity": platform.verbosity,
        "entrypoint": platform.entrypoint,
        "cmd": platform.command,
        "user": platform.user,
        "run_settings_lost": list(platform.lost),
    }


def _platform_rows(platform: Platform, *, alone: bool) -> list[Row]:
    identity = platform.identity
    rows: list[Row] = [
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


def _harbor_document(view: View | None) -> dict[str, Any] | None:
    if view is None:
        return None
    artifact = view.artifact
    return {
        "version": view.version,
        "read_only": view.read_only,
        "public": view.public,
        "proxy_cache": view.proxy_cache,
        "first_pushed": artifact.pushed if artifact else None,
        "tags": [
            {"name": tag.name, "pushed": tag.pushed, "immutable": tag.immutable}
            for tag in (artifact.tags if artifact else ())
        ],
        "pushes": None
        if view.pushes is None
        else [{"user": push.user, "time": push.time, "kind": push.kind} for push in view.pushes],
    }


def _harbor_rows(view: View) -> list[Row]:
    rows: list[Row] = []
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


def _words(value: Any) -> str:
    return " ".join(str(part) for part in value) if isinstance(value, list) else str(value or "")
