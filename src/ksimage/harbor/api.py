"""What only Harbor's own API (``/api/v2.0``) can do: create projects, tell who pushed a tag.

Written against the API description of Harbor 2.9, which for these calls is that of 2.4 (KubeKey 2.x
deploys it) as well. The API takes Basic logins only, never the tokens of ``/v2/``. What it does not
tell to this login is unknown, never an error; only creating a project can fail.
"""

from __future__ import annotations

import json
import logging
import re
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from ksimage.errors import (
    BadReference,
    KsimageError,
    LoginFailed,
    LoginRequired,
    ProjectNotCreated,
    ReadOnlyRegistry,
    RegistryRefused,
    RepositoryWithoutProject,
    TagImmutable,
)
from ksimage.harbor.view import (
    MAX_PUSHES,
    Artifact,
    Push,
    View,
    read_artifact,
    read_pushes,
    read_view,
)
from ksimage.locations.options import RegistryOptions
from ksimage.locations.registry.answers import refusal
from ksimage.locations.registry.api.channel import Channel
from ksimage.locations.registry.session import session_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ksimage.images.reference import Reference
    from ksimage.locations.registry.auth.tokens import Authenticator
    from ksimage.locations.registry.http.wire import Answer

log = logging.getLogger(__name__)

API = "/api/v2.0"
PATIENCE = 5.0  # seconds for connecting and for each answer

# src/server/v2.0/handler/project.go and pkg/project: 1 to 255 characters of this form
_PROJECT = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")


class Harbor:
    """One Harbor's API, as one user. Made by :func:`detect`."""

    def __init__(self, channel: Channel, auth: Authenticator) -> None:
        self.host = channel.wire.host.name
        self._channel = channel
        self._auth = auth

    def ensure_project(self, project: str, *, public: bool) -> bool:
        """Create a project unless it is there. True when it was created.

        An existing project keeps its visibility.

        Raises:
            BadReference: Harbor allows no such name.
            LoginRequired, LoginFailed, ProjectNotCreated, RegistryError.
        """
        if len(project) > 255 or not _PROJECT.fullmatch(project):
            raise BadReference(
                project,
                "a Harbor project's name is lower-case letters and digits,"
                " with single dots, dashes or underscores between them",
            )
        login = self._auth.credentials(project)
        if login is None or login.basic is None:
            raise LoginRequired(
                self.host,
                f"the project {project}",
                "create",
                "Harbor's own API takes a user name and a password, and none was found",
            )
        # 403 and 404 both mean "not that you could see": what POST answers decides
        if self._seen(project) == 200:
            log.info("%s: the project %s exists", self.host, project)
            return False
        wanted = {"project_name": project, "metadata": {"public": "true" if public else "false"}}
        answer = self._call("POST", "/projects", project, wanted)
        if answer.status in (201, 409):
            return answer.status == 201
        words = refusal(answer).words
        if answer.status == 401:
            raise LoginFailed(self.host, login.username, login.origin)
        if answer.status == 403 and "read only" in words:
            raise ReadOnlyRegistry(self.host, words)
        if answer.status == 403:
            raise ProjectNotCreated(self.host, project, login.username, words)
        raise RegistryRefused(f"{self.host}/{project}", "create", answer.status, words)

    def has_project(self, project: str) -> bool | None:
        """Whether a project is there; None when that is not told to this login."""
        try:
            return {200: True, 404: False}.get(self._seen(project))
        except KsimageError as error:
            log.info("%s: %s", self.host, error.message)
            return None

    def artifact(self, reference: Reference) -> Artifact | None:
        """What a tag or digest points to; None when unknown, or not told."""
        project, _, repository = reference.repository.partition("/")
        name = quote(quote(repository, safe=""), safe="")  # the API wants slashes encoded twice
        path = (
            f"/projects/{quote(project, safe='')}/repositories/{name}/artifacts/"
            f"{quote(reference.target, safe=':')}?with_tag=true&with_immutable_status=true"
        )
        return read_artifact(self._get(path, project))

    def pushes(self, reference: Reference) -> tuple[Push, ...] | None:
        """The latest pushes of a tag from the project's log; None when the log is not shown.

        A push counts even when the tag held the same manifest before.
        """
        if not reference.tag:
            return None
        project = reference.repository.partition("/")[0]
        resource = f"{reference.repository}:{reference.tag}"
        wanted = quote(f"operation=create,resource={resource}", safe="")
        path = f"/projects/{quote(project, safe='')}/logs"
        document = self._get(f"{path}?q={wanted}&sort=-op_time&page_size={MAX_PUSHES}", project)
        return read_pushes(document, resource)

    def look(self, reference: Reference) -> View:
        """All that Harbor tells about a reference. Raises nothing: what fails is unknown."""
        project = reference.repository.partition("/")[0]
        system = self._get("/systeminfo", project)
        about = self._get(f"/projects/{quote(project, safe='')}", project)
        return read_view(system, about, self.artifact(reference), self.pushes(reference))

    def close(self) -> None:
        """Close the connection."""
        self._channel.wire.close()

    def _seen(self, project: str) -> int:
        """The status by which Harbor answers whether a project is there."""
        path = f"/projects?project_name={quote(project, safe='')}"
        return self._call("HEAD", path, project).status

    def _get(self, path: str, project: str) -> object:
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
        try:
            document: object = json.loads(answer.body)
        except (ValueError, RecursionError):
            return None
        return document

    def _call(
        self, method: str, path: str, project: str, body: Mapping[str, object] | None = None
    ) -> Answer:
        self._auth.greet(project)  # a wrong password is sent once, and not with every question
        login = self._auth.credentials(project)
        headers = {"Accept": "application/json", "X-Is-Resource-Name": "true"}
        if login is not None and login.basic is not None:
            headers["Authorization"] = login.basic
        data = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            data = json.dumps(body).encode()
        return self._channel.call(method, API + path, headers, data)


def detect(
    registry: str, options: RegistryOptions | None, *, wanted: bool = False
) -> Harbor | None:
    """The Harbor that a registry belongs to; None for any other registry.

    One short request without a login: ``GET /api/v2.0/ping`` answers ``Pong``.

    Args:
        wanted: a registry that cannot be asked is an error, and not simply no Harbor.

    Raises:
        RegistryError: only where it is ``wanted``.
    """
    options = options or RegistryOptions()
    quick = replace(
        options,
        connect_timeout=min(options.connect_timeout, PATIENCE),
        read_timeout=min(options.read_timeout, PATIENCE),
        retry=options.retry._replace(tries=2),
    )
    channel = Channel(registry, quick)
    try:
        answer = channel.call("GET", f"{API}/ping", {"Accept": "text/plain"})
    except KsimageError as error:
        channel.wire.close()
        if wanted:
            raise
        log.info("%s: no Harbor: %s", registry, error.message)
        return None
    if answer.status != 200 or answer.body.strip().strip(b'"') != b"Pong":
        log.info("%s: no Harbor: its ping answered HTTP %s", registry, answer.status)
        channel.wire.close()
        return None
    # one login for both APIs: found once, and named once
    return Harbor(channel, session_for(registry, options).channel.auth)


def ensure(reference: Reference, options: RegistryOptions | None, *, public: bool) -> str:
    """Create the project of a reference unless it is there; returns a sentence for the user.

    Registries that are no Harbor have no projects: nothing is done, and the sentence says so.

    Raises:
        RepositoryWithoutProject, BadReference, LoginRequired, LoginFailed, ProjectNotCreated,
        RegistryError.
    """
    harbor = detect(reference.registry, options, wanted=True)
    if harbor is None:
        return f"{reference.registry} does not answer like a Harbor: no project to create"
    with closing(harbor):
        project, slash, _ = reference.repository.partition("/")
        if not slash:
            raise RepositoryWithoutProject(str(reference), "it has no project")
        if harbor.ensure_project(project, public=public):
            kind = "public" if public else "private"
            return f"created the {kind} project {project} on {reference.registry}"
        return f"the project {project} exists on {reference.registry}"


def require_mutable(reference: Reference, options: RegistryOptions | None) -> None:
    """Refuse a tag that Harbor protects, before anything is sent: what had arrived would stay.

    Raises:
        TagImmutable
    """
    tag = _artifact(reference, options)
    held = tag.tag(reference.tag) if tag else None
    if held is not None and held.immutable:
        raise TagImmutable(str(reference), f"Harbor has {reference.tag} configured as immutable")


def digest_of(reference: Reference, options: RegistryOptions | None) -> str | None:
    """The digest that a tag points to, which Harbor tells even where a policy forbids pulls."""
    found = _artifact(reference, options)
    return found.digest if found else None


def _artifact(reference: Reference, options: RegistryOptions | None) -> Artifact | None:
    harbor = detect(reference.registry, options)
    if harbor is None:
        return None
    with closing(harbor):
        return harbor.artifact(reference)
