"""Plans and builds, and what was pushed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.cli.output.documents.lists import error_document
from ksimage.cli.output.documents.verdicts import verdict_document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ksimage.build.outcome import Built, Destination, ReleaseOutcome
    from ksimage.build.plan import Plan
    from ksimage.locations.spec import Location
    from ksimage.publish.publish import Published
    from ksimage.publish.push import Pushed


def plan_document(
    plan: Plan, destination: Destination, diff: str, dockerfile: str
) -> dict[str, object]:
    """What ``build --dry-run`` found out."""
    return {
        "dry_run": True,
        **_plan(plan),
        "engine": destination.engine,
        "result": {"location": str(destination.location)},
        "diff": diff,
        "dockerfile": dockerfile,
    }


def build_document(built: Built) -> dict[str, object]:
    """What ``build`` did."""
    return {
        **_plan(built.plan),
        "engine": built.destination.engine,
        "result": _result(built.published, built.image_ids),
        "smoke_test": built.smoke_test,
        "proofs": verdict_document(built.verdict)["platforms"],
    }


def _plan(plan: Plan) -> dict[str, object]:
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


def builds_document(rows: Sequence[ReleaseOutcome]) -> dict[str, object]:
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


def diff_document(plan: Plan, diff: str) -> dict[str, object]:
    """What ``diff`` shows."""
    patched = plan.platforms[0].patched
    return {
        "release": plan.release,
        "base": str(plan.location),
        "hook": {"before": patched.before_sha256, "after": patched.after_sha256},
        "diff": diff,
    }


def push_document(pushed: Pushed, source: Location, notes: list[str]) -> dict[str, object]:
    """What ``push`` did."""
    result = _result(pushed.published, pushed.image_ids)
    if pushed.through == "engine" and pushed.published.copied:
        result["bytes_sent"] = None  # an engine does not tell
    return {"source": str(source), "through": pushed.through, "result": result, "notes": notes}


def _result(published: Published, image_ids: Mapping[str, str]) -> dict[str, object]:
    return {
        "reference": published.reference,
        "location": str(published.location),
        "digest": published.top.digest,
        "image_ids": image_ids,
        "up_to_date": published.up_to_date,
        "replaced": published.replaced,
        "kept": published.kept,
        "bytes_sent": published.sent,
    }
