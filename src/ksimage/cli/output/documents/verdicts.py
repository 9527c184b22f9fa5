"""What is found out about an image: proofs, an inspection, a rebuild."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ksimage.build.reproduce import Rebuild
    from ksimage.harbor.view import View
    from ksimage.inspection.report import Inspection, PlatformReport
    from ksimage.inspection.verdict import Verdict


def verdict_document(verdict: Verdict) -> dict[str, object]:
    """What ``verify`` found out."""
    return {
        "name": verdict.name,
        "digest": verdict.digest,
        "verified": verdict.verified,
        "platforms": [
            {
                "platform": str(platform.image.platform),
                "digest": platform.image.descriptor.digest,
                "image_id": platform.image.manifest.config.digest,
                "origin": platform.identity.origin.value,
                "release": platform.identity.release,
                "patches": [str(patch) for patch in platform.identity.patches],
                "hook_sha256": platform.identity.hook_sha256,
                "proofs": [proof._asdict() for proof in platform.proofs],
            }
            for platform in verdict.platforms
        ],
    }


def inspection_document(inspection: Inspection) -> dict[str, object]:
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


def comparison_document(compared: Rebuild) -> dict[str, object]:
    """What ``reproduce`` found out."""
    return {
        "name": compared.name,
        "base": compared.base,
        "digest": compared.digest,
        "rebuilt": compared.rebuilt,
        "identical": bool(compared),
        "differences": list(compared.differences),
    }


def _platform_document(platform: PlatformReport) -> dict[str, object]:
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


def _harbor_document(view: View | None) -> dict[str, object] | None:
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
