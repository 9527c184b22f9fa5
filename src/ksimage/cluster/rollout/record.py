"""The record of a rollout: what was changed, so that it can be put back.

It is an annotation of the Deployment, written by the very patch that changes it, and a file. Each
record holds the one before it, so that several rollouts are undone one by one.
"""

from __future__ import annotations

import getpass
import json
import os
import platform
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.cluster.installer import ANNOTATION
from ksimage.cluster.rollout import leftovers
from ksimage.cluster.rollout.leftovers import Leftovers
from ksimage.objects import at, json_object, mapping, number, text, texts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ksimage.cluster.installer import Installer

DEPTH: Final = 5
"""Records that are kept one below the other; an annotation has 256 KiB."""


class Wish(NamedTuple):
    """What a Deployment asks for. ``strategy`` is as the API has it."""

    image: str
    policy: str
    strategy: Mapping[str, object]
    replicas: int = 1


class Record(NamedTuple):
    """One rollout.

    Attributes:
        id: names it; sorts by time.
        at: RFC 3339, UTC, by this machine's clock.
        by: who, for the other operators.
        before, after: the Deployment's wishes.
        removed: what of earlier rollouts was taken out.
        added: what was put in beside the image (a mounted hook).
        earlier: the record before this one, as it was written; None when there is none.
    """

    id: str
    at: str
    by: str
    before: Wish
    after: Wish
    removed: Leftovers
    added: Leftovers = Leftovers()
    earlier: Mapping[str, object] | None = None

    def document(self) -> dict[str, object]:
        """As JSON objects."""
        return {
            "version": 1,
            "id": self.id,
            "at": self.at,
            "by": self.by,
            "before": _wish_document(self.before),
            "after": _wish_document(self.after),
            "removed": leftovers.document(self.removed),
            "added": leftovers.document(self.added),
            "earlier": _limited(self.earlier, DEPTH - 1),
        }

    def annotation(self) -> str:
        """As one line of JSON."""
        return json.dumps(self.document(), separators=(",", ":"), sort_keys=True)


def make(
    installer: Installer,
    image: str,
    policy: str,
    removed: Leftovers,
    added: Leftovers = Leftovers(),  # noqa: B008
) -> Record:
    """The record of a rollout that is about to be made.

    Where somebody (KubeKey) has put another image in the place of an earlier rollout's, that one
    counts no more, but the strategy that it replaced is still to be put back.
    """
    moment = time.gmtime()
    earlier, before = read(installer), wish(installer)
    if earlier is not None and earlier.after.image != installer.image:
        before = before._replace(strategy=earlier.before.strategy)
        earlier = from_document(earlier.earlier)
    return Record(
        id=f"{time.strftime('%Y%m%dT%H%M%SZ', moment)}-{secrets.token_hex(3)}",
        at=time.strftime("%Y-%m-%dT%H:%M:%SZ", moment),
        by=_who(),
        before=before,
        after=Wish(image, policy, {"type": "Recreate"}),
        removed=removed,
        added=added,
        earlier=earlier.document() if earlier else None,
    )


def wish(installer: Installer) -> Wish:
    """What the Deployment asks for now."""
    spec = at(installer.deployment, "spec")
    replicas = at(spec, "replicas")
    return Wish(
        installer.image,
        text(installer.container, "imagePullPolicy"),
        mapping(spec, "strategy"),
        replicas if isinstance(replicas, int) else 1,
    )


def read(installer: Installer) -> Record | None:
    """The record that the Deployment carries; None when it has none that can be used."""
    return parse(texts(installer.deployment, "metadata", "annotations").get(ANNOTATION, ""))


def parse(annotation: str) -> Record | None:
    """A record from its annotation; None for what is none."""
    return from_document(json_object(annotation))


def from_document(found: object) -> Record | None:
    """A record from its JSON objects; None for what is none."""
    before, after = _wish(at(found, "before")), _wish(at(found, "after"))
    if not (text(found, "id") and before.image and after.image):
        return None
    return Record(
        text(found, "id"),
        text(found, "at"),
        text(found, "by"),
        before,
        after,
        leftovers.from_document(at(found, "removed")),
        leftovers.from_document(at(found, "added")),
        mapping(found, "earlier") or None,
    )


def write_file(installer: Installer, made: Record, folder: Path | None = None) -> Path:
    """Keep the record, the Deployment and the ClusterConfiguration of before in a file.

    Raises:
        OSError
    """
    folder = folder or _state_folder()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"rollout-{made.id}.json"
    content = {
        "record": made.document(),
        "deployment": dict(installer.deployment),
        "configuration": dict(installer.configuration),
    }
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file, indent=1)
    return path


def _state_folder() -> Path:
    """XDG base directories: state that survives, but belongs to this machine."""
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "ksimage"


def _wish(found: object) -> Wish:
    return Wish(
        text(found, "image"),
        text(found, "imagePullPolicy"),
        mapping(found, "strategy"),
        number(found, "replicas"),
    )


def _wish_document(found: Wish) -> dict[str, object]:
    return {
        "image": found.image,
        "imagePullPolicy": found.policy,
        "strategy": dict(found.strategy),
        "replicas": found.replicas,
    }


def _limited(found: Mapping[str, object] | None, depth: int) -> dict[str, object] | None:
    if not found or depth <= 0:
        return None
    return {**found, "earlier": _limited(mapping(found, "earlier"), depth - 1)}


def _who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        user = str(os.getuid())
    return f"{user}@{platform.node()}"
