"""The JSON documents of ``--output json``. Keys stay; see docs/json.md."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ksimage.build.make import Built, Destination
    from ksimage.build.plan import Plan
    from ksimage.errors import KsimageError
    from ksimage.inspection.proofs import Verdict


def plan_document(
    plan: Plan, destination: Destination, diff: str, dockerfile: str
) -> dict[str, Any]:
    """What ``build --dry-run`` found out."""
    return {
        "dry_run": True,
        **_plan(plan),
        "engine": destination.engine,
        "result": {"location": str(destination.location)},
        "diff": diff,
        "dockerfile": dockerfile,
    }


def build_document(built: Built) -> dict[str, Any]:
    """What ``build`` did."""
    published = built.published
    copied = published.copied
    return {
        **_plan(built.plan),
        "engine": built.destination.engine,
        "result": {
            "reference": published.reference,
            "location": str(published.location),
            "digest": published.top.digest,
            "image_ids": built.image_ids,
            "up_to_date": published.up_to_date,
            "replaced": published.replaced,
            "kept": published.kept,
            "bytes_sent": copied.sent if copied else 0,
        },
        "smoke_test": built.smoke_test,
        "proofs": verdict_document(built.verdict)["platforms"],
    }


def verdict_document(verdict: Verdict) -> dict[str, Any]:
    """What ``verify`` found out."""
    return {
        "name": verdict.name,
        "digest": verdict.digest,
        "verified": bool(verdict),
        "platforms": [
            {
                "platform": str(platform.image.platform),
                "digest": platform.image.descriptor.digest,
                "image_id": platform.image.manifest.config.digest,
                "origin": platform.identity.origin.value,
                "release": platform.identity.release,
                "patches": [str(patch) for patch in platform.identity.patches],
                "hook_sha256": platform.identity.hook_sha256,
                "proofs": [
                    {"name": proof.name, "passed": proof.passed, "detail": proof.detail}
                    for proof in platform.proofs
                ],
            }
            for platform in verdict.platforms
        ],
    }


def _plan(plan: Plan) -> dict[str, Any]:
    return {
        "release": plan.release,
        "tag": plan.tag,
        "base": {
            "location": str(plan.location),
            "digest": plan.base.top.digest,
            "platforms": [str(platform.image.platform) for platform in plan.platforms],
        },
        "patches": [
            {"name": patch.name, "sha256": patch.sha256} for patch in plan.selection.patches
        ],
        "hooks": [
            {
                "platform": str(platform.image.platform),
                "before": platform.patched.before_sha256,
                "after": platform.patched.after_sha256,
                "offsets": {
                    applied.patch.name: [hunk.offset for hunk in applied.hunks]
                    for applied in platform.patched.patches
                },
            }
            for platform in plan.platforms
        ],
        "notes": list(plan.notes),
    }


def error_document(error: KsimageError) -> dict[str, Any]:
    """An error as JSON."""
    return {
        "kind": error.kind,
        "exit_code": error.exit_code,
        "message": error.message,
        "why": error.why,
        "advice": list(error.advice),
    }
