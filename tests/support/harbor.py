"""A small Harbor: its logins, projects, refusals and API in front of the real docker-registry.

Every sentence and status is what Harbor 2.4 to 2.10 answers (``src/server/middleware``,
``src/server/registry``, ``src/server/v2.0/handler`` of its sources, and a running 2.9.5).
"""

from __future__ import annotations

import base64
import fnmatch
import http.client
import json
import re
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from tests.support.registry import RunningRegistry, start_registry, stop_registry

ADMIN, ADMIN_PASSWORD = "admin", "Harbor12345"
ROBOT, ROBOT_SECRET = "robot$kubesphereio+ksimage", "s3cret:with:colons"

_MANIFEST = re.compile(r"/v2/(.+)/manifests/([^/]+)")
_REPOSITORY = re.compile(r"/v2/(.+)/(?:manifests|blobs|tags)/")
_INDEX = ("index.v1+json", "manifest.list.v2+json")
_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "authorization"}


@dataclass
class Project:
    """A project and its rules, to be changed by tests.

    Attributes:
        members: rights by user: "pull", "push" or "log" (to read the log) in a set.
        immutable: patterns of protected tags.
        full: the quota is used up.
        proxy_cache: it is a cache of another registry.
        policy: why the project refuses to hand out images, or "".
    """

    public: bool = False
    members: dict[str, set[str]] = field(default_factory=dict)
    immutable: list[str] = field(default_factory=list)
    full: bool = False
    proxy_cache: bool = False
    policy: str = ""


@dataclass
class Stored:
    """A manifest as the API knows it."""

    repository: str
    digest: str
    media_type: str
    pushed: str
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class ApiCall:
    """A request to the API, for contract tests; ``answer`` is JSON or None."""

    method: str
    path: str
    query: dict[str, list[str]]
    body: Any
    status: int
    answer: Any
    user: str | None


class Refused(Exception):
    """An error answer of Harbor's: status, code, message, challenge."""

    def __init__(self, status: int, code: str, message: str, challenge: str | None = None) -> None:
        super().__init__(message)
        self.status, self.challenge = status, challenge
        self.document = {"errors": [{"code": code, "message": message}]}


class FakeHarbor:
    """Harbor on a loopback port, plain HTTP. ``users`` are names and passwords.

    Attributes:
        only_admins_create: nobody else may create projects.
        read_only: the system setting.
        calls: what the API was asked.
        seen: method, path and user of every request.
        failed_logins: the user of every wrong password; he is locked for 1.5 s then.
    """

    version = "v2.9.5-fake"

    def __init__(self, registry: RunningRegistry) -> None:
        self.registry = registry
        self.users = {ADMIN: ADMIN_PASSWORD, ROBOT: ROBOT_SECRET, "dev": "Dev12345"}
        self.projects: dict[str, Project] = {}
        self.only_admins_create = True
        self.read_only = False
        self.log: list[dict[str, Any]] = []
        self.stored: list[Stored] = []
        self.calls: list[ApiCall] = []
        self.seen: list[tuple[str, str, str | None]] = []
        self.failed_logins: list[str] = []
        self.policy_after_push = False  # the policy holds for what is there, not for an absent tag
        self.no_mounts = False
        self._locked: dict[str, float] = {}
        self._tokens: dict[str, tuple[str | None, tuple[str, ...]]] = {}
        self._clock = 1_700_000_000
        self._lock = threading.RLock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    # --- who may do what -----------------------------------------------------------------------

    def user_of(self, authorization: str) -> str | None:
        """The user of a Basic login; a wrong password makes an anonymous one, silently."""
        if not authorization.startswith("Basic "):
            return None
        name, _, password = base64.b64decode(authorization[6:]).decode().partition(":")
        if time.monotonic() < self._locked.get(name, 0):
            return None  # src/core/auth/lock.go: the right password, too
        if self.users.get(name) == password:
            return name
        self.failed_logins.append(name)
        self._locked[name] = time.monotonic() + 1.5
        return None

    def may(self, user: str | None, project: str, action: str) -> bool:
        known = self.projects[project]
        if user == ADMIN or (action == "pull" and known.public):
            return True
        return user is not None and action in known.members.get(user, set())

    def token(self, query: dict[str, list[str]], user: str | None) -> dict[str, Any]:
        """A token; missing projects and rights make empty actions, never an error."""
        if query.get("service") != ["harbor-registry"]:
            raise Refused(400, "BAD_REQUEST", "unable to handle service")
        scopes = query.get("scope", [])
        if user is None and not scopes:
            raise Refused(401, "UNAUTHORIZED", "unauthorized")
        if user and "+" in user and scopes:
            # common/rbac/project/evaluator.go: a project's robot has rights in the first scope's
            # project alone
            projects = [scope.split(":")[1].partition("/")[0] for scope in scopes]
            scopes = [
                scope if project == projects[0] else f"{scope.rpartition(':')[0]}:pull"
                for scope, project in zip(scopes, projects, strict=True)
                if project == projects[0] or ((p := self.projects.get(project)) and p.public)
            ]
        value = secrets.token_urlsafe(24)
        self._tokens[value] = (user, tuple(scopes))
        return {"token": value, "access_token": "", "expires_in": 1800, "issued_at": self._now()}

    def check(self, method: str, path: str, authorization: str, mount_from: str = "") -> str | None:
        """The middleware of /v2/: returns the user. Raises Refused."""
        bearer = self._tokens.get(authorization.removeprefix("Bearer "))
        user = bearer[0] if bearer else self.user_of(authorization)
        found = _REPOSITORY.match(path)
        repository = found[1] if found else ""
        if not repository:
            if user is None:
                raise self._unauthorized("unauthorized: unauthorized", authorization, "")
            return user
        push = method not in ("GET", "HEAD")
        action = "push" if push else "pull"
        scope = f"repository:{repository}:{'pull,push' if push else 'pull'}"
        if "/" not in repository:
            raise Refused(400, "BAD_REQUEST", "Bad request: invalid repository name: " + repository)
        project = repository.partition("/")[0]
        if not authorization and (method == "HEAD" or push):
            raise self._unauthorized("unauthorized: unauthorized", authorization, scope)
        if project not in self.projects:
            text = f"project {project} not found: project {project} not found"
            raise Refused(401, "UNAUTHORIZED", text, "" if authorization else None)
        granted = bearer is None or any(
            s.startswith(f"repository:{repository}:") and action in s for s in bearer[1]
        )
        if not granted or not self.may(user, project, action):
            text = f"unauthorized to access repository: {repository}, action: {action}"
            raise self._unauthorized(f"{text}: {text}", authorization, scope)
        if mount_from:
            readable = mount_from.partition("/")[0] in self.projects and (
                bearer is None or any(s.startswith(f"repository:{mount_from}:") for s in bearer[1])
            )
            if (
                self.no_mounts
                or not readable
                or not self.may(user, mount_from.partition("/")[0], "pull")
            ):
                text = f"unauthorized to access repository: {mount_from}, action: pull"
                raise self._unauthorized(f"{text}: {text}", authorization, scope)
        return user

    def refuse_push(self, method: str, path: str) -> None:
        """The middlewares that stand in the way of writing. Raises Refused."""
        if method in ("GET", "HEAD"):
            return
        repository = _REPOSITORY.match(path)
        project = repository[1].partition("/")[0] if repository else ""
        rules = self.projects[project]
        if self.read_only:
            text = "The system is in read only mode. Any modification is prohibited."
            raise Refused(403, "DENIED", text)
        if rules.proxy_cache:
            text = f"denied: can not push artifact to a proxy project: {project}"
            raise Refused(403, "DENIED", text)
        found = _MANIFEST.fullmatch(path)
        if found and any(fnmatch.fnmatch(found[2], rule) for rule in rules.immutable):
            name = found[1].partition("/")[2]
            if any(found[2] in s.tags for s in self.stored if s.repository == found[1]):
                text = f"due to '{name}:{found[2]}' configured as immutable."
                raise Refused(412, "PRECONDITION", f"Failed to process request {text}")
        if rules.full and (found or method in ("PUT", "PATCH", "POST")):
            text = (
                "adding 101.0 MiB of storage resource, which when updated to current usage of"
                " 950.0 MiB will exceed the configured upper limit of 1.0 GiB."
            )
            raise Refused(403, "DENIED", text)

    def refuse_pull(self, method: str, path: str) -> None:
        """A project's policy stands in the way of reading a manifest. Raises Refused."""
        found = _MANIFEST.fullmatch(path)
        if found and method in ("GET", "HEAD"):
            policy = self.projects[found[1].partition("/")[0]].policy
            absent = self.policy_after_push and self.find(found[1], found[2]) is None
            if policy and not absent:
                raise Refused(412, "PROJECTPOLICYVIOLATION", policy)

    def record(self, repository: str, what: str, digest: str, kind: str, user: str | None) -> None:
        """A manifest was pushed."""
        with self._lock:
            now = self._now()
            stored = self.find(repository, digest)
            if stored is None:
                stored = Stored(repository, digest, kind, now)
                self.stored.append(stored)
            if not what.startswith("sha256:"):
                for other in self.stored:
                    if other.repository == repository and other is not stored:
                        other.tags.pop(what, None)
                # only a tag that comes to mean something else gets a new time
                stored.tags.setdefault(what, now)
            self.log.append(
                {
                    "id": len(self.log) + 1,
                    "username": user or "anonymous",
                    "resource": f"{repository}:{what}",
                    "resource_type": "artifact",
                    "operation": "create",
                    "op_time": now,
                }
            )

    def find(self, repository: str, reference: str) -> Stored | None:
        return next(
            (
                s
                for s in self.stored
                if s.repository == repository and (s.digest == reference or reference in s.tags)
            ),
            None,
        )

    def _unauthorized(self, text: str, authorization: str, scope: str) -> Refused:
        realm = f"http://{self.address}/service/token"
        challenge = f'Bearer realm="{realm}",service="harbor-registry"'
        challenge += f',scope="{scope}"' if scope else ""
        if authorization:
            challenge = 'Basic realm="harbor"'
        return Refused(401, "UNAUTHORIZED", text, challenge)

    def _now(self) -> str:
        self._clock += 60
        return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(self._clock))

    # --- /api/v2.0 -----------------------------------------------------------------------------

    def api(
        self, method: str, path: str, query: dict[str, list[str]], body: Any, user: str | None
    ) -> tuple[int, Any]:
        """Status and document. Raises Refused."""
        parts = [unquote(part) for part in path.strip("/").split("/")]
        if method == "GET" and parts == ["ping"]:
            return 200, "Pong"
        if method == "GET" and parts == ["systeminfo"]:
            system = {"auth_mode": "db_auth", "self_registration": False, "has_ca_root": False}
            if user:
                system |= {"harbor_version": self.version, "read_only": self.read_only}
            return 200, system
        if parts == ["projects"] and method == "HEAD":
            self._require(user)
            if query["project_name"][0] not in self.projects:
                raise Refused(404, "NOT_FOUND", f"project {query['project_name'][0]} not found")
            return 200, None
        if parts == ["projects"] and method == "POST":
            return self._create_project(body, user)
        if method != "GET" or len(parts) < 2 or parts[0] != "projects":
            raise Refused(404, "NOT_FOUND", "no such path")
        return self._read(parts[1:], query, user)

    def _create_project(self, body: Any, user: str | None) -> tuple[int, Any]:
        self._require(user)
        if self.read_only:
            text = "The system is in read only mode. Any modification is prohibited."
            raise Refused(403, "DENIED", text)
        if self.only_admins_create and user != ADMIN:
            who = "Only system level robot" if user and "$" in user else "Only system admin"
            raise Refused(403, "FORBIDDEN", f"{who} can create project")
        name = body["project_name"]
        if not re.fullmatch(r"[a-z0-9]+(?:[._-][a-z0-9]+)*", name):
            raise Refused(400, "BAD_REQUEST", f"project name {name} is not valid")
        if name in self.projects:
            raise Refused(409, "CONFLICT", f"The project named {name} already exists")
        public = (body.get("metadata") or {}).get("public") == "true"
        self.projects[name] = Project(public, {user or "": {"pull", "push", "log"}})
        return 201, None

    def _read(
        self, parts: list[str], query: dict[str, list[str]], user: str | None
    ) -> tuple[int, Any]:
        project = self.projects.get(parts[0])
        if project is None or not self.may(user, parts[0], "pull"):
            self._require(user)
            if user == ADMIN:
                raise Refused(404, "NOT_FOUND", f"project {parts[0]} not found")
            raise Refused(403, "FORBIDDEN", "forbidden")
        if len(parts) == 1:
            about = {
                "project_id": 7,
                "name": parts[0],
                "metadata": {"public": "true" if project.public else "false"},
                "repo_count": 1,
            }
            return 200, about | ({"registry_id": 3} if project.proxy_cache else {})
        if parts[1:] == ["logs"]:
            if not self.may(user, parts[0], "log"):
                self._require(user)
                raise Refused(403, "FORBIDDEN", "forbidden")
            return 200, self._logs(query)
        if len(parts) == 5 and parts[1] == "repositories" and parts[3] == "artifacts":
            stored = self.find(f"{parts[0]}/{unquote(parts[2])}", parts[4])
            if stored is None:
                raise Refused(404, "NOT_FOUND", f"artifact {parts[2]}:{parts[4]} not found")
            return 200, self._artifact(project, stored)
        raise Refused(404, "NOT_FOUND", "no such path")

    def _logs(self, query: dict[str, list[str]]) -> list[dict[str, Any]]:
        wanted = dict(part.split("=", 1) for part in query["q"][0].split(","))
        found = [
            entry
            for entry in self.log
            if all(
                value[1:] in entry[key] if value.startswith("~") else entry[key] == value
                for key, value in wanted.items()
            )
        ]
        size = int(query.get("page_size", ["10"])[0])
        return sorted(found, key=lambda e: e["op_time"], reverse=query["sort"] == ["-op_time"])[
            :size
        ]

    def _artifact(self, project: Project, stored: Stored) -> dict[str, Any]:
        return {
            "id": 1,
            "type": "IMAGE",
            "digest": stored.digest,
            "manifest_media_type": stored.media_type,
            "push_time": stored.pushed,
            "tags": [
                {
                    "id": 1,
                    "name": name,
                    "push_time": pushed,
                    "immutable": any(fnmatch.fnmatch(name, rule) for rule in project.immutable),
                }
                for name, pushed in sorted(stored.tags.items())
            ]
            or None,
        }

    @staticmethod
    def _require(user: str | None) -> None:
        if user is None:
            raise Refused(401, "UNAUTHORIZED", "unauthorized")

    # --- HTTP ----------------------------------------------------------------------------------

    def _handler(harbor) -> type[BaseHTTPRequestHandler]:  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 30

            def handle(self) -> None:
                # a ClientHello holds no line: the parser would wait for the rest of it
                if self.connection.recv(1, 2) == b"\x16":  # MSG_PEEK
                    return
                super().handle()

            def _do(self) -> None:
                split = urlsplit(self.path)
                authorization = self.headers.get("Authorization") or ""
                length = int(self.headers.get("Content-Length") or 0)
                if "chunked" in (self.headers.get("Transfer-Encoding") or ""):
                    data = b"".join(self._chunks())
                else:
                    data = self.rfile.read(length)
                user = harbor.user_of(authorization)
                harbor.seen.append((self.command, split.path, user))
                try:
                    if split.path.startswith("/api/v2.0/"):
                        self._api(split.path[len("/api/v2.0") :], split.query, data, user)
                    elif split.path == "/service/token":
                        self._json(200, harbor.token(parse_qs(split.query), user))
                    else:
                        mount = parse_qs(split.query).get("from", [""])[0]
                        user = harbor.check(self.command, split.path, authorization, mount)
                        if split.path != "/v2/":
                            harbor.refuse_push(self.command, split.path)
                            harbor.refuse_pull(self.command, split.path)
                        self._forward(data, user)
                except Refused as refused:
                    challenge = refused.challenge
                    headers = {"Www-Authenticate": challenge} if challenge is not None else {}
                    self._json(refused.status, refused.document, headers)

            do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _do  # noqa: N815

            def _chunks(self) -> Iterator[bytes]:
                while size := int(self.rfile.readline().split(b";")[0], 16):
                    yield self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()

            def _api(self, path: str, query: str, data: bytes, user: str | None) -> None:
                body = json.loads(data) if data else None
                fields = parse_qs(query)
                status, document = 500, None
                try:
                    status, document = harbor.api(self.command, path, fields, body, user)
                except Refused as refused:
                    status, document = refused.status, refused.document
                    raise
                finally:
                    harbor.calls.append(
                        ApiCall(self.command, path, fields, body, status, document, user)
                    )
                if isinstance(document, str):
                    self._send(status, document.encode(), {"Content-Type": "text/plain"})
                elif document is None:
                    self._send(status, b"", {})
                else:
                    self._json(status, document)

            def _forward(self, data: bytes, user: str | None) -> None:
                upstream = http.client.HTTPConnection("127.0.0.1", harbor.registry.port, timeout=30)
                headers = {k: v for k, v in self.headers.items() if k.lower() not in _HOP}
                headers["Content-Length"] = str(len(data))
                upstream.request(self.command, self.path, data, headers)
                answer = upstream.getresponse()
                found = _MANIFEST.fullmatch(urlsplit(self.path).path)
                if found and self.command == "PUT" and answer.status == 201:
                    digest = answer.headers["Docker-Content-Digest"]
                    kind = self.headers.get("Content-Type") or ""
                    harbor.record(found[1], found[2], digest, kind, user)
                self.send_response(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("connection", "transfer-encoding", "date", "server"):
                        self.send_header(name, value)
                if answer.getheader("Content-Length") is None:
                    self.send_header("Content-Length", "0")
                self.end_headers()
                while self.command != "HEAD" and (chunk := answer.read(256 << 10)):
                    self.wfile.write(chunk)
                upstream.close()

            def _json(
                self, status: int, document: Any, headers: dict[str, str] | None = None
            ) -> None:
                kind = {"Content-Type": "application/json; charset=utf-8"}
                self._send(status, json.dumps(document).encode(), kind | (headers or {}))

            def _send(self, status: int, data: bytes, headers: dict[str, str]) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            def log_message(self, *arguments: object) -> None:
                pass

        return Handler


@pytest.fixture
def harbor(tmp_path: Path) -> Iterator[FakeHarbor]:
    """A Harbor with the project kubesphereio, in which the robot may pull and push."""
    running = start_registry(tmp_path / "behind")
    fake = FakeHarbor(running)
    fake.projects["kubesphereio"] = Project(True, {ROBOT: {"pull", "push"}})
    yield fake
    fake.stop()
    stop_registry(running)
