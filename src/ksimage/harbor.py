"""What only Harbor's own API (``/api/v2.0``) can do: create projects, tell who pushed a tag.

Written against the API description of Harbor 2.9, which for these calls is that of 2.4 (KubeKey 2.x
deploys it) as well. The API takes Basic logins only, never the tokens of ``/v2/``. What it does not
tell to this login is unknown, never an error; only creating a project can fail.
"""

from __future__ import annotations

import json
import logging
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ksimage.errors import (
    BadReference,
    KsimageError,
    LoginFailed,
    LoginRequired,
    ProjectNotCreated,
    RegistryRefused,
)
from ksimage.images.reference import DIGEST, TAG
from ksimage.locations.registry import session_for
from ksimage.locations.registry.answers import printable, refusal
from ksimage.locations.registry.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ksimage.images.reference import Reference
    from ksimage.locations.registry import RegistryOptions
    from ksimage.locations.registry.answers import Answer
    from ksimage.locations.registry.credentials import Credentials

log = logging.getLogger("ksimage.harbor")

API = "/api/v2.0"
PATIENCE = 5.0  # seconds for connecting and for each answer
MAX_PUSHES = 20  # entries of the audit log that are asked for

# src/server/v2.0/handler/project.go and pkg/project: 1 to 255 characters of this form
_PROJECT = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,20}(?:Z|[+-][0-9]{2}:[0-9]{2})")


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

    @property
    def tells_who(self) -> bool:
        """Whether the login may read the project's log."""
        return self.pushes is not None


class Harbor:
    """One Harbor's API, as one user. Made by :func:`detect`."""

    def __init__(
        self, transport: Transport, credentials: Callable[[str], Credentials | None]
    ) -> None:
        self.host = transport.host.name
        self._transport = transport
        self._credentials = credentials

    def ensure_project(self, project: str, *, public: bool) -> bool:
        """Create a project unless it is there. True when it was created.

        An existing project keeps its visibility.

        Raises:
            BadReference: Harbor allows no such name.
            LoginRequired, LoginFailed, ProjectNotCreated, RegistryError.
        """
        check_project_name(project)
        login = self._credentials(project)
        if login is None or login.basic is None:
            raise LoginRequired(
                self.host,
                f"the project {project}",
                "create",
                "Harbor's own API takes a user name and a password, and none was found",
            )
        # 403 and 404 both mean "not that you could see": what POST answers decides
        answer = self._call("HEAD", f"/projects?project_name={quote(project, safe='')}", project)
        if answer.status == 200:
            log.info("%s: the project %s exists", self.host, project)
            return False
        wanted = {"project_name": project, "metadata": {"public": "true" if public else "false"}}
        answer = self._call("POST", "/projects", project, wanted)
        if answer.status in (201, 409):
            return answer.status == 201
        words = refusal(answer).words
        if answer.status == 401:
            raise LoginFailed(self.host, login.username, login.origin)
        if answer.status == 403:
            raise ProjectNotCreated(self.host, project, login.username, words)
        raise RegistryRefused(f"{self.host}/{project}", "create", answer.status, words)

    def artifact(self, project: str, repository: str, reference: str) -> Artifact | None:
        """What a tag or digest points to; None when unknown, or not told.

        Args:
            repository: without the project, ``ks-installer``.
        """
        path = (
            f"/projects/{quote(project, safe='')}/repositories/{_twice(repository)}"
            f"/artifacts/{quote(reference, safe=':')}?with_tag=true&with_immutable_status=true"
        )
        document = self._get(path, project)
        digest = document.get("digest") if isinstance(document, dict) else None
        if not isinstance(document, dict) or not isinstance(digest, str):
            return None
        if not DIGEST.fullmatch(digest):
            return None
        listed = document.get("tags")
        tags = [_tag(entry) for entry in listed] if isinstance(listed, list) else []
        return Artifact(
            digest, _time(document.get("push_time")), tuple(tag for tag in tags if tag is not None)
        )

    def pushes(self, project: str, repository: str, tag: str) -> tuple[Push, ...] | None:
        """The latest pushes of a tag from the project's log; None when the log is not shown.

        A push counts even when the tag held the same manifest before.
        """
        resource = f"{project}/{repository}:{tag}"
        wanted = quote(f"operation=create,resource={resource}", safe="")
        path = f"/projects/{quote(project, safe='')}/logs"
        document = self._get(f"{path}?q={wanted}&sort=-op_time&page_size={MAX_PUSHES}", project)
        if not isinstance(document, list):
            return None
        return tuple(
            push
            for entry in document[:MAX_PUSHES]
            if isinstance(entry, dict) and entry.get("resource") == resource
            if (push := _push(entry)) is not None
        )

    def look(self, reference: Reference) -> View:
        """All that Harbor tells about a reference. Raises nothing: what fails is unknown."""
        project, _, repository = reference.repository.partition("/")
        system = self._get("/systeminfo", project)
        about = self._get(f"/projects/{quote(project, safe='')}", project)
        system = system if isinstance(system, dict) else {}
        about = about if isinstance(about, dict) else {}
        metadata = about.get("metadata")
        visible = metadata.get("public") if isinstance(metadata, dict) else None
        version = system.get("harbor_version")
        return View(
            version=printable(version)[:40] if isinstance(version, str) and version else None,
            read_only=_flag(system.get("read_only")),
            public={"true": True, "false": False}.get(str(visible)),
            proxy_cache=bool(about.get("registry_id")) if about else None,
            artifact=self.artifact(project, repository, reference.target),
            pushes=self.pushes(project, repository, reference.tag) if reference.tag else None,
        )

    def close(self) -> None:
        """Close the connection."""
        self._transport.close()

    def _get(self, path: str, project: str) -> Any:
        """A JSON document, or None for whatever is no such answer."""
        try:
            answer = self._call("GET", path, project)
        except KsimageError as error:
            log.info("%s: %s", self.host, error.message)
            return None
        if answer.status != 200 or answer.cut:
            shown = path.partition("?")[0]
            log.info("%s: GET %s answered HTTP %s", self.host, shown, answer.status)
            return None
        return _json(answer)

    def _call(
        self, method: str, path: str, project: str, body: Mapping[str, Any] | None = None
    ) -> Answer:
        login = self._credentials(project)
        headers = {"Accept": "application/json", "X-Is-Resource-Name": "true"}
        if login is not None and login.basic is not None:
            headers["Authorization"] = login.basic
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        return self._transport.call(method, API + path, headers, data)


def detect(registry: str, options: RegistryOptions) -> Harbor | None:
    """The Harbor that a registry belongs to; None for any other registry. Never raises for those.

    One short request without a login: ``GET /api/v2.0/ping`` answers ``Pong``.
    """
    quick = replace(
        options,
        connect_timeout=min(options.connect_timeout, PATIENCE),
        read_timeout=min(options.read_timeout, PATIENCE),
        retry=replace(options.retry, tries=2),
    )
    transport = Transport(registry, quick)
    try:
        answer = transport.call("GET", f"{API}/ping", {"Accept": "text/plain"})
    except KsimageError as error:
        log.info("%s: no Harbor: %s", registry, error.message)
        transport.close()
        return None
    if answer.status != 200 or answer.body.strip().strip(b'"') != b"Pong":
        log.info("%s: no Harbor: its ping answered HTTP %s", registry, answer.status)
        transport.close()
        return None
    # one login for both APIs: found once, and named once
    return Harbor(transport, session_for(registry, options).transport.auth.credentials)


def check_project_name(project: str) -> None:
    """Raises BadReference when Harbor would not take the name for a project."""
    if len(project) > 255 or not _PROJECT.fullmatch(project):
        raise BadReference(
            project,
            "a Harbor project's name is lower-case letters and digits,"
            " with single dots, dashes or underscores between them",
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
    if not view.tells_who and tag:
        found.append(
            "Harbor does not tell this login who pushed the tag"
            " (the project's log is for its members)"
        )
    return found


def _twice(name: str) -> str:
    """A repository's name as the API wants it: encoded twice when it has slashes."""
    return quote(quote(name, safe=""), safe="") if "/" in name else quote(name, safe="")


def _tag(entry: Any) -> Tag | None:
    name = entry.get("name") if isinstance(entry, dict) else None
    if not isinstance(name, str) or not TAG.fullmatch(name):
        return None
    return Tag(name, _time(entry.get("push_time")), _flag(entry.get("immutable")))


def _push(entry: Mapping[str, Any]) -> Push | None:
    time, user = _time(entry.get("op_time")), entry.get("username")
    if time is None or not isinstance(user, str):
        return None
    kind = "tag" if entry.get("resource_type") == "tag" else "artifact"
    return Push(printable(user)[:255] or "unknown", time, kind)


def _time(value: Any) -> str | None:
    return value if isinstance(value, str) and _TIME.fullmatch(value) else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _json(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
