"""A plan as files: the Dockerfile and its context, for builders of the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.derivation import dockerfile as template

if TYPE_CHECKING:
    from ksimage.build.plan import Plan, PlatformPlan


def dockerfile(plan: Plan, chosen: PlatformPlan) -> str:
    """The Dockerfile's text, FROM pinned by digest where the base is in a registry."""
    reference = plan.location.reference
    digest = chosen.image.descriptor.digest
    base = f"{reference.name}@{digest}" if reference else f"{plan.repository}@{digest}"
    return template.render(
        chosen.recipe, base=base, release=plan.release, platform=str(chosen.image.platform)
    )


def files(plan: Plan, chosen: PlatformPlan) -> list[tuple[str, bytes, int]]:
    """Name, content and mode of each file. Raises UnsupportedImage for a base with ONBUILD."""
    template.require_no_triggers(str(plan.location), chosen.image.config)
    file = chosen.recipe.file
    return [
        (template.DOCKERFILE, dockerfile(plan, chosen).encode(), 0o644),
        # No file of somebody's image becomes set-user-ID on this machine.
        (template.context_name(chosen.recipe), file.data, file.mode & 0o777),
    ]
