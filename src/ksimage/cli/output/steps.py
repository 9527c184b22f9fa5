"""``next:`` what to type to bring a result into the cluster, or to where it can be pulled from."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from ksimage.locations.spec import Transport

if TYPE_CHECKING:
    from ksimage.locations.spec import Location

_PUSH = "ksimage push {location} REGISTRY/PROJECT"


def next_steps(location: Location, reference: str) -> list[str]:
    """One or two commands.

    Args:
        location: where the result is.
        reference: its name with the digest: nodes that have pulled the tag before keep to what they
            have (IfNotPresent), and by digest they cannot.
    """
    if location.transport is Transport.REGISTRY:
        return [f"ksimage rollout {reference}", "ksimage watch"]
    if location.transport is Transport.KUBEKEY:  # kk pushes it, if the label says so
        tag = location.ref.rpartition(":")[2]
        return [
            f"ksimage kubekey CONFIG --kk KK --write --image REGISTRY/PROJECT/ks-installer:{tag}",
            f"kk create cluster -f CONFIG -a {shlex.quote(location.path)}"
            if Path(location.path).is_file()
            else "kk create cluster -f CONFIG -a ARTIFACT",
        ]
    push = _PUSH.format(location=location)
    if location.transport is Transport.DOCKER_ARCHIVE:
        return [f"docker load -i {location.path}", push]
    return [push]
