"""Harbor's own API: found without harm, projects created, pushers told where the login may see."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.faults.scripted import Reply, ScriptedRegistry
from tests.support.blobs import MemorySource
from tests.support.harbor import ADMIN, ADMIN_PASSWORD, ROBOT, ROBOT_SECRET, FakeHarbor, Project
from tests.support.registry import RunningRegistry

from ksimage.errors import (
    BadReference,
    KsimageError,
    LoginFailed,
    LoginRequired,
    ProjectNotCreated,
    RegistryRefused,
)
from ksimage.harbor import api
from ksimage.harbor.api import Harbor
from ksimage.harbor.view import Artifact, Push, Tag, View, hints, read_artifact
from ksimage.images import reference
from ksimage.images.reference import Reference
from ksimage.locations.options import RegistryOptions, RetryPolicy
from ksimage.locations.registry.target import RegistryTarget
from ksimage.locations.transfer import copy

FAST = RetryPolicy(sleep=lambda _: None)
DIGEST = "sha256:" + "a" * 64


def as_user(name: str, password: str) -> RegistryOptions:
    return RegistryOptions(username=name, password=password, retry=FAST)


ANYONE = RegistryOptions(retry=FAST)
AS_ADMIN = as_user(ADMIN, ADMIN_PASSWORD)
AS_ROBOT = as_user(ROBOT, ROBOT_SECRET)


@pytest.fixture(autouse=True)
def _no_logins(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The logins of whoever runs the tests stay out of them."""
    home = tmp_path_factory.mktemp("home")
    for name in ("DOCKER_CONFIG", "REGISTRY_AUTH_FILE", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))


def named(harbor: FakeHarbor, name: str) -> Reference:
    return reference.parse(f"{harbor.address}/{name}")


def found(fake: FakeHarbor, options: RegistryOptions) -> Harbor:
    harbor = api.detect(fake.address, options)
    assert harbor is not None
    return harbor


def push(fake: FakeHarbor, text: str, content: bytes = b"{}") -> str:
    """Push a small image as the robot; its digest."""
    source = MemorySource()
    source.index = source.add_manifest(content, b"a layer")
    target = RegistryTarget(reference.parse(f"{fake.address}/{text}"), AS_ROBOT)
    return copy(source, target).top.digest


@pytest.fixture
def elsewhere() -> Iterator[ScriptedRegistry]:
    """A server that is no Harbor; it answers what a test tells it."""
    server = ScriptedRegistry()
    yield server
    server.stop()


class TestDetect:
    def test_harbor_is_found_without_a_login(self, harbor: FakeHarbor) -> None:
        assert api.detect(harbor.address, AS_ADMIN) is not None
        assert harbor.seen == [("GET", "/api/v2.0/ping", None)]

    def test_plain_registry(self, registry: RunningRegistry) -> None:
        registry.requests()  # what other tests asked
        assert api.detect(registry.address, ANYONE) is None
        assert [r.path for r in registry.requests()] == ["/api/v2.0/ping"]

    @pytest.mark.parametrize(
        "reply",
        [
            Reply(200, b"<html><title>Sign in</title></html>", {"Content-Type": "text/html"}),
            Reply(200, b'"Pong" or so'),
            Reply(200, b"Pong" * 1_000_000),
            Reply(302, b"", {"Location": "http://elsewhere.invalid/login"}),
            Reply(401, b"", {"WWW-Authenticate": 'Basic realm="a proxy"'}),
            Reply(503, b"down"),
            Reply(200, b"Pong", cut=2),
            Reply(cut=-1),
        ],
        ids=["page", "more", "huge", "redirect", "login", "down", "short", "reset"],
    )
    def test_whatever_else_answers_is_none(
        self, elsewhere: ScriptedRegistry, monkeypatch: pytest.MonkeyPatch, reply: Reply
    ) -> None:
        monkeypatch.setattr(elsewhere, "_answer", lambda _: reply)
        assert api.detect(elsewhere.address, AS_ADMIN) is None
        assert all("Authorization" not in request.headers for request in elsewhere.requests)

    def test_nobody_listens(self) -> None:
        with socket.socket() as unused:
            unused.bind(("127.0.0.1", 0))
            address = f"127.0.0.1:{unused.getsockname()[1]}"
            assert api.detect(address, ANYONE) is None

    def test_a_silent_host_costs_seconds(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(api, "PATIENCE", 0.2)
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            started = time.monotonic()
            assert api.detect(f"127.0.0.1:{silent.getsockname()[1]}", ANYONE) is None
        assert time.monotonic() - started < 5


class TestEnsureProject:
    @pytest.mark.parametrize("public", [True, False])
    def test_created_once(self, harbor: FakeHarbor, public: bool) -> None:
        there = found(harbor, AS_ADMIN)
        assert there.ensure_project("new.project", public=public)
        assert harbor.projects["new.project"].public is public
        assert not there.ensure_project("new.project", public=not public)
        assert harbor.projects["new.project"].public is public

    def test_created_by_somebody_else_meanwhile(
        self, harbor: FakeHarbor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        there = found(harbor, AS_ADMIN)
        answer = harbor.api

        def race(method: str, *rest: Any) -> tuple[int, Any]:
            if method == "POST":
                harbor.projects["new"] = Project()
            return answer(method, *rest)

        monkeypatch.setattr(harbor, "api", race)
        assert not there.ensure_project("new", public=True)

    def test_nothing_is_asked_for_a_name_that_harbor_refuses(self, harbor: FakeHarbor) -> None:
        there = found(harbor, AS_ADMIN)
        harbor.seen.clear()
        for name in ("double--dash", "-dash", "Upper", "", "a/b", "x" * 256, "under__score"):
            with pytest.raises(BadReference, match="project"):
                there.ensure_project(name, public=True)
        assert harbor.seen == []

    def test_only_administrators(self, harbor: FakeHarbor) -> None:
        with pytest.raises(ProjectNotCreated) as caught:
            found(harbor, AS_ROBOT).ensure_project("new", public=True)
        assert ROBOT in caught.value.message and "'new'" in caught.value.message
        assert caught.value.why == "Only system level robot can create project"
        assert caught.value.exit_code == 9
        assert ROBOT_SECRET not in f"{caught.value.message}{caught.value.why}{caught.value.advice}"

    def test_wrong_password(self, harbor: FakeHarbor) -> None:
        with pytest.raises(LoginFailed) as caught:
            found(harbor, as_user(ADMIN, "wrong")).ensure_project("new", public=True)
        assert "the command line" in caught.value.why

    def test_no_login(self, harbor: FakeHarbor) -> None:
        there = found(harbor, ANYONE)
        with pytest.raises(LoginRequired, match="create the project new"):
            there.ensure_project("new", public=True)

    def test_another_refusal_keeps_harbors_words(
        self, harbor: FakeHarbor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        document = {"errors": [{"code": "BAD_REQUEST", "message": "no\x1b[2Jmore room"}]}
        answer = harbor.api
        monkeypatch.setattr(
            harbor,
            "api",
            lambda method, *rest: (400, document) if method == "POST" else answer(method, *rest),
        )
        with pytest.raises(RegistryRefused) as caught:
            found(harbor, AS_ADMIN).ensure_project("new", public=True)
        assert caught.value.why == "no [2Jmore room"


class TestArtifact:
    def test_digest_times_and_tags(self, harbor: FakeHarbor) -> None:
        digest = push(harbor, "kubesphereio/ks-installer:v3.3.2")
        push(harbor, "kubesphereio/ks-installer:v3.3.2-debug")
        harbor.projects["kubesphereio"].immutable = ["*-debug"]
        artifact = found(harbor, AS_ROBOT).artifact(
            named(harbor, "kubesphereio/ks-installer:v3.3.2")
        )
        assert artifact is not None and artifact.digest == digest
        kept, debug = artifact.tags
        assert (kept.name, kept.immutable) == ("v3.3.2", False)
        assert (debug.name, debug.immutable) == ("v3.3.2-debug", True)
        assert artifact.pushed == kept.pushed and debug.pushed and debug.pushed > str(kept.pushed)
        assert artifact.tag("v3.3.2") is kept and artifact.tag("v1") is None

    def test_repository_with_slashes(self, harbor: FakeHarbor) -> None:
        digest = push(harbor, "kubesphereio/deep/er:v1")
        artifact = found(harbor, AS_ROBOT).artifact(named(harbor, f"kubesphereio/deep/er@{digest}"))
        assert artifact is not None and artifact.digest == digest

    def test_not_there_and_not_told(self, harbor: FakeHarbor) -> None:
        harbor.projects["private"] = Project()
        there = found(harbor, AS_ROBOT)
        assert there.artifact(named(harbor, "kubesphereio/ks-installer:v9")) is None
        assert there.artifact(named(harbor, "private/ks-installer:v9")) is None
        assert there.artifact(named(harbor, "missing/ks-installer:v9")) is None

    def test_pushes_the_newest_first(self, harbor: FakeHarbor) -> None:
        harbor.projects["kubesphereio"].members[ROBOT].add("log")
        push(harbor, "kubesphereio/ks-installer:v3.3.2", b'{"a": 1}')
        push(harbor, "kubesphereio/ks-installer:v3.3.2-debug", b'{"a": 2}')
        harbor.record("kubesphereio/ks-installer", "v3.3.2", DIGEST, "x", "kk")
        pushes = found(harbor, AS_ROBOT).pushes(named(harbor, "kubesphereio/ks-installer:v3.3.2"))
        assert pushes is not None
        assert [push.user for push in pushes] == ["kk", ROBOT]
        assert pushes[0].time > pushes[1].time

    def test_log_is_for_members(self, harbor: FakeHarbor) -> None:
        assert found(harbor, AS_ROBOT).pushes(named(harbor, "kubesphereio/ks-installer:v1")) is None
        assert found(harbor, ANYONE).pushes(named(harbor, "kubesphereio/ks-installer:v1")) is None


class TestLook:
    def test_everything(self, harbor: FakeHarbor) -> None:
        harbor.read_only = True
        harbor.record("kubesphereio/ks-installer", "v3.3.2", DIGEST, "x", "kk")
        name = reference.parse(f"{harbor.address}/kubesphereio/ks-installer:v3.3.2")
        view = found(harbor, AS_ADMIN).look(name)
        assert view.version == harbor.version and view.read_only and view.public
        assert view.proxy_cache is False
        assert view.artifact is not None and view.artifact.digest == DIGEST
        assert view.pushes == (Push("kk", view.pushes[0].time, "artifact"),)  # type: ignore[index]

    def test_strangers_see_nothing_and_get_no_error(self, harbor: FakeHarbor) -> None:
        harbor.projects["private"] = Project()
        view = found(harbor, ANYONE).look(reference.parse(f"{harbor.address}/private/x:v1"))
        assert view == View(None, None, None, None, None, None)

    @pytest.mark.parametrize(
        "document",
        [
            [],
            "text",
            {"digest": "sha256:short", "tags": 5},
            {"digest": DIGEST, "push_time": "now\x1b[31m", "tags": [1, {"name": "\x1b"}, None]},
            {"harbor_version": {"a": 1}, "read_only": "yes", "metadata": "x", "registry_id": 0},
            [{"resource": 1}, 2, {"resource": "kubesphereio/x:v1", "op_time": 1, "username": 1}],
        ],
    )
    def test_nonsense_is_unknown(
        self, harbor: FakeHarbor, monkeypatch: pytest.MonkeyPatch, document: object
    ) -> None:
        there = found(harbor, AS_ADMIN)
        monkeypatch.setattr(harbor, "api", lambda *_: (200, document))
        view = there.look(reference.parse(f"{harbor.address}/kubesphereio/x:v1"))
        assert view.version in (None, "") and view.read_only is None and not view.proxy_cache
        assert not view.pushes
        if view.artifact:
            assert view.artifact.pushed is None and view.artifact.tags == ()

    def test_a_deep_document_is_unknown(
        self, harbor: FakeHarbor, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        there = found(harbor, AS_ADMIN)
        monkeypatch.setattr(harbor, "api", lambda *_: (200, "[" * 200_000))
        assert there.artifact(named(harbor, "kubesphereio/x:v1")) is None

    def test_the_api_goes_away(self, harbor: FakeHarbor, monkeypatch: pytest.MonkeyPatch) -> None:
        there = found(harbor, AS_ADMIN)
        monkeypatch.setattr(harbor, "api", lambda *_: (502, None))
        name = reference.parse(f"{harbor.address}/kubesphereio/x:v1")
        assert there.look(name) == View(None, None, None, None, None, None)


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("2024-05-01T10:00:00Z", "2024-05-01T10:00:00.000Z"),
        ("2024-05-01T10:00:00.1Z", "2024-05-01T10:00:00.100Z"),
        ("2024-05-01T10:00:00.123456789Z", "2024-05-01T10:00:00.123Z"),
        ("2024-05-01T10:00:00.5+08:00", "2024-05-01T02:00:00.500Z"),
        ("0001-01-01T00:00:00.000+08:00", None),
        ("2024-13-01T10:00:00Z", None),
        ("yesterday", None),
        (1714557600, None),
    ],
)
def test_times_compare_as_texts(said: object, read: str | None) -> None:
    artifact = read_artifact({"digest": DIGEST, "push_time": said})
    assert artifact is not None and artifact.pushed == read


class TestHints:
    def view(self, **known: object) -> View:
        fields = {"version": "v2.9.5", "read_only": False, "public": True, "proxy_cache": False}
        return View(**{**fields, "artifact": None, "pushes": (), **known})  # type: ignore[arg-type]

    def test_nothing_to_say(self) -> None:
        assert hints(self.view(), "v1") == []

    @pytest.mark.parametrize(
        ("known", "words"),
        [
            ({"read_only": True}, "read-only"),
            ({"proxy_cache": True}, "proxy cache"),
            ({"pushes": None}, "who pushed"),
            (
                {"artifact": Artifact(DIGEST, None, (Tag("v1", None, True),))},
                "immutable",
            ),
        ],
    )
    def test_one_each(self, known: dict[str, object], words: str) -> None:
        (hint,) = hints(self.view(**known), "v1")
        assert words in hint


def test_a_login_never_follows_a_redirect(
    harbor: FakeHarbor, elsewhere: ScriptedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = found(harbor, AS_ADMIN)
    handler = harbor._server.RequestHandlerClass

    def redirect(self: object, *_: object) -> None:
        self._send(307, b"", {"Location": f"http://{elsewhere.address}/v2/"})  # type: ignore[attr-defined]

    monkeypatch.setattr(handler, "_api", redirect)
    with pytest.raises(KsimageError):
        there.ensure_project("new", public=True)
    assert elsewhere.requests == []
