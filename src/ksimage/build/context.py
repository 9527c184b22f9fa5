"""A plan as files: the Dockerfile and its context, for builders of the user's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.derivation import dockerfile as template
from ksimage.locations.spec import Transport

if TYPE_CHECKING:
    from ksimage.build.plan import Plan, PlatformPlan


def base_of(plan: Plan, chosen: PlatformPlan) -> str:
    """What FROM names: by digest where the base is in a registry, else a name to load it under."""
    location = plan.location
    if location.reference is not None:
        return f"{location.reference.name}@{chosen.image.descriptor.digest}"
    if location.transport is Transport.DAEMON and location.ref:
        return location.ref
    return f"{plan.repository}:{plan.release}"


def loading(plan: Plan, chosen: PlatformPlan) -> list[str]:
    """What to type before a build, so that the builder has the base; nothing for a registry."""
    location, name = plan.location, base_of(plan, chosen)
    if location.reference is not None:
        return []
    if location.transport is Transport.DAEMON:
        return [] if location.ref else [f"docker tag {location.digest} {name}"]
    if location.transport is Transport.DOCKER_ARCHIVE:
        # an archive need not hold the image under this name, nor under any; its ID is the same
        loaded = location.ref or chosen.image.manifest.config.digest
        renamed = [f"docker tag {loaded} {name}"] if loaded != name else []
        return [f"docker load -i {location.path}", *renamed]
    platform = chosen.image.platform
    only = f"--override-os {platform.os} --override-arch {platform.architecture}"
    return [f"skopeo {only} copy {location} docker-daemon:{name}"]


def dockerfile(plan: Plan, chosen: PlatformPlan) -> str:
    """The Dockerfile's text."""
    return template.render(
        chosen.recipe,
        base=base_of(plan, chosen),
        release=plan.release,
        platform=str(chosen.image.platform),
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
