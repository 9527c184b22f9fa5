"""What Harbor tells about a reference: read from its answers, and put into words.

The answers come from a server and are believed only where their form is right; the rest is None,
"it does not tell".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ksimage.images.digest import DIGEST
from ksimage.images.reference import TAG
from ksimage.objects import at, mapping, text
from ksimage.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_PUSHES = 20  # entries of the audit log that are looked at
MAX_NAME = 255  # characters of a user's name, as in Harbor's database

_TIME = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})"
)


@dataclass(frozen=True)
class Push:
    """An entry of the audit log: somebody pushed the tag, or set it by hand (``kind`` tag)."""

    user: str
    time: str
    kind: str


@dataclass(frozen=True)
class Tag:
    """A tag as Harbor knows it. ``pushed``: when it came to mean this artifact (RFC 3339)."""

    name: str
    pushed: str | None
    immutable: bool | None


@dataclass(frozen=True)
class Artifact:
    """A manifest or index. ``pushed``: when Harbor first saw it (RFC 3339)."""

    digest: str
    pushed: str | None
    tags: tuple[Tag, ...]

    def tag(self, name: str | None) -> Tag | None:
        """One of its tags by name."""
        return next((tag for tag in self.tags if tag.name == name), None)


@dataclass(frozen=True)
class View:
    """What Harbor tells this login about one reference; None is "it does not tell".

    ``pushes`` are those of the tag, the newest first.
    """

    version: str | None
    read_only: bool | None
    public: bool | None
    proxy_cache: bool | None
    artifact: Artifact | None
    pushes: tuple[Push, ...] | None


def read_artifact(document: object) -> Artifact | None:
    """From ``GET …/artifacts/{reference}``."""
    if not isinstance(document, dict):
        return None
    digest, listed = document.get("digest"), document.get("tags")
    if not isinstance(digest, str) or not DIGEST.fullmatch(digest):
        return None
    tags = [_tag(entry) for entry in listed] if isinstance(listed, list) else []
    return Artifact(
        digest, _time(document.get("push_time")), tuple(tag for tag in tags if tag is not None)
    )


def read_pushes(document: object, resource: str) -> tuple[Push, ...] | None:
    """Those of ``resource`` (``project/repository:tag``) from ``GET …/logs``."""
    if not isinstance(document, list):
        return None
    entries = [
        _push(entry)
        for entry in document[:MAX_PUSHES]
        if isinstance(entry, dict) and entry.get("resource") == resource
    ]
    return tuple(push for push in entries if push is not None)


def read_view(
    system: object, project: object, artifact: Artifact | None, pushes: tuple[Push, ...] | None
) -> View:
    """From ``GET /systeminfo`` and ``GET /projects/{name}``, and what was read before."""
    return View(
        version=printable(text(system, "harbor_version"), 40) or None,
        read_only=_flag(at(system, "read_only")),
        public={"true": True, "false": False}.get(str(at(project, "metadata", "public"))),
        proxy_cache=bool(at(project, "registry_id")) if mapping(project) else None,
        artifact=artifact,
        pushes=pushes,
    )


def hints(view: View, tag: str | None) -> list[str]:
    """What the user should know before relying on the tag, or pushing to it."""
    found = []
    held = view.artifact.tag(tag) if view.artifact else None
    if held is not None and held.immutable:
        found.append(
            f"the tag {tag} is immutable: Harbor refuses every push to it, and KubeKey stops at it"
        )
    if view.read_only:
        found.append("Harbor is in read-only mode: it refuses every push")
    if view.proxy_cache:
        found.append(
            "the project is a proxy cache: nothing can be pushed to it, and its images expire"
        )
    if view.pushes is None and tag:
        found.append(
            "Harbor does not tell this login who pushed the tag"
            " (the project's log is for its members)"
        )
    return found


def _tag(entry: object) -> Tag | None:
    if not isinstance(entry, dict):
        return None
    name = entry.get("name")
    if not isinstance(name, str) or not TAG.fullmatch(name):
        return None
    return Tag(name, _time(entry.get("push_time")), _flag(entry.get("immutable")))


def _push(entry: Mapping[str, object]) -> Push | None:
    time, user = _time(entry.get("op_time")), entry.get("username")
    if time is None or not isinstance(user, str):
        return None
    kind = "tag" if entry.get("resource_type") == "tag" else "artifact"
    return Push(printable(user, MAX_NAME) or "unknown", time, kind)


def _time(value: object) -> str | None:
    """A time of Harbor's in UTC with milliseconds, so that texts compare as times do."""
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        return None
    zone = "+00:00" if match[3] == "Z" else match[3]
    milliseconds = f"{match[2] or '.'}000"[1:4]
    try:
        moment = datetime.fromisoformat(f"{match[1]}.{milliseconds}{zone}").astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None
    return moment.strftime(f"%Y-%m-%dT%H:%M:%S.{milliseconds}Z")


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
