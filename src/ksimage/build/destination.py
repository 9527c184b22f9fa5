"""Where a result goes and who makes it: from flags and settings, before a base is read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ksimage.base import naming
from ksimage.build.outcome import Destination
from ksimage.config.settings import DEFAULT_SOURCE
from ksimage.errors import UsageError
from ksimage.locations import spec
from ksimage.locations.spec import Location, Transport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ksimage.build.plan import Plan
    from ksimage.config.settings import Settings


def require(what: Sequence[str], settings: Settings, *, to: str | None, push: bool) -> None:
    """Refuse, before a base is read, what :func:`choose` would refuse after it.

    Args:
        what: releases and images that are to be built.
        to, push: the flags.

    Raises:
        UsageError: both, or nowhere to push to. BadReference: no destination.
    """
    if to and push:
        raise UsageError(
            "--to and --push were both given", why="each of them says where the result goes"
        )
    if to:
        spec.require_writable(naming.target_location(to, "tag"))
    if push and settings.target is None and not any(map(naming.is_location, what)):
        source = settings.source
        if source == DEFAULT_SOURCE or naming.registry_of(source) is None:
            raise _nowhere()


def choose(plan: Plan, settings: Settings, *, to: str | None, push: bool) -> Destination:
    """Decide engine and destination.

    Args:
        to: ``--to``.
        push: ``--push``.

    Raises:
        UsageError, BadReference: as :func:`require`.
    """
    require([str(plan.location)], settings, to=to, push=push)
    if push:
        location = _push_location(plan, settings)
    elif to:
        location = naming.target_location(to, plan.tag, plan.repository)
    else:
        return _locally(plan, settings)
    if settings.engine == "docker":
        return Destination("docker", location, "--engine docker")
    return Destination("direct", location, f"straight to {location}")


def _push_location(plan: Plan, settings: Settings) -> Location:
    target = settings.target
    if target is None and plan.location.reference is not None:
        reference = plan.location.reference
        if reference.registry != "docker.io" or settings.source != DEFAULT_SOURCE:
            return Location(Transport.REGISTRY, reference=reference.with_tag(plan.tag))
    if target is None:
        raise _nowhere()
    location = naming.target_location(target, plan.tag)
    if location.reference is None:
        raise UsageError(f"--push goes to a registry, and {target} is none", advice=["use --to"])
    return replace(location, reference=location.reference.with_tag(plan.tag), digest=None)


def _nowhere() -> UsageError:
    return UsageError(
        "--push does not know where to",
        why="neither --target nor --from names a registry of yours",
        advice=["--target harbor.lan/kubesphereio"],
    )


def _locally(plan: Plan, settings: Settings) -> Destination:
    from ksimage.locations.docker import engine

    name = spec.parse(f"docker-daemon:{plan.repository}:{plan.tag}")
    if settings.engine == "docker":
        return Destination("docker", name, "--engine docker")
    if settings.engine == "direct":
        return Destination("direct", _file(plan), "--engine direct without --to: a file here")
    reachable, why = engine.reachable()
    if reachable:
        return Destination("docker", name, f"a Docker Engine is there ({why})")
    return Destination("direct", _file(plan), f"{why}: a file here")


def _file(plan: Plan) -> Location:
    """What every engine loads, old ones too. Several platforms are more than that format holds."""
    file = f"ks-installer-{plan.tag}.tar"
    if len(plan.platforms) > 1:
        return spec.parse(f"oci-archive:{file}:{plan.tag}")
    return spec.parse(f"docker-archive:{file}:{plan.repository}:{plan.tag}")
