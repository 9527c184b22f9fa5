"""Logins: refused, misdirected, run out, or silently ignored."""

from __future__ import annotations

import base64
import json
import logging
import os
import traceback
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ksimage.errors import (
    AuthError,
    ImageNotFound,
    InsecureLogin,
    KsimageError,
    LoginFailed,
    LoginRequired,
    PasswordNeeded,
    ProjectMissing,
    RightMissing,
    TokenServiceRefused,
    TokenServiceUnusable,
    UnusableAnswer,
)
from ksimage.images.manifest import Descriptor
from ksimage.locations.options import RegistryOptions
from ksimage.locations.protocol import Outcome
from ksimage.locations.registry.source import RegistrySource
from ksimage.locations.registry.target import RegistryTarget
from tests.faults.conftest import Waits, playing
from tests.faults.scripted import Reply, Request, ScriptedRegistry
from tests.support.blobs import MemorySource
from tests.support.registry import PASSWORD, USER, RunningRegistry, free_port

Sources = Callable[..., RegistrySource]
Targets = Callable[..., RegistryTarget]

MEMORY = MemorySource()
TOP = MEMORY.add_manifest(b"{}")
DATA = MEMORY.manifest(TOP)
LOGIN: dict[str, Any] = {"username": USER, "password": PASSWORD}
BASIC = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
DENIED = b'{"errors":[{"code":"UNAUTHORIZED","message":"unauthorized to access repository: p/r"}]}'


def _manifest() -> Reply:
    return Reply(200, DATA, {"Content-Type": TOP.media_type})


def _with(login: str | None) -> Callable[[Request], bool]:
    return lambda request: request.headers.get("Authorization") == login


@pytest.fixture
def tokens() -> Iterator[ScriptedRegistry]:
    """A second scripted server, for a token service (its paths begin with /v2/, too)."""
    yield from playing()


def _bearer(service: str) -> dict[str, Any]:
    realm = f"http://{service}/v2/token" if "://" not in service else service
    return {
        "WWW_Authenticate": f'Bearer realm="{realm}",service="x",scope="repository:other:pull,push"'
    }


def test_401_without_challenge_and_without_login(script: ScriptedRegistry, source: Sources) -> None:
    script.on("GET", "p/r/manifests/v1", 401)
    with pytest.raises(LoginRequired) as caught:
        source(f"{script.address}/p/r:v1").top()
    assert caught.value.exit_code == 9


def test_anonymous_push_is_told_as_one(script: ScriptedRegistry, target: Targets) -> None:
    """Although the first thing that it does is to read."""
    script.on("HEAD", "p/r/manifests/v1", 401)
    script.on("GET", "p/r/manifests/v1", 401)
    with pytest.raises(LoginRequired, match="does not let an anonymous client push"):
        target(f"{script.address}/p/r:v1").held()


def test_401_without_challenge_tries_basic_once(script: ScriptedRegistry, source: Sources) -> None:
    script.on("GET", "p/r/manifests/v1", 401, when=_with(None))
    script.on("GET", "p/r/manifests/v1", _manifest(), when=_with(BASIC))
    assert source(f"{script.address}/p/r:v1", **LOGIN).top() == TOP


def test_401_with_basic_challenge(script: ScriptedRegistry, source: Sources) -> None:
    script.on("GET", "p/r/manifests/v1", 401, WWW_Authenticate='Basic realm="r"', when=_with(None))
    script.on("GET", "p/r/manifests/v1", _manifest(), when=_with(BASIC))
    assert source(f"{script.address}/p/r:v1", **LOGIN).top() == TOP


def test_wrong_password_fails_at_once(
    script: ScriptedRegistry, source: Sources, waits: Waits
) -> None:
    script.on("GET", "p/r/manifests/v1", 401, WWW_Authenticate='Basic realm="r"', times=2)
    script.on("GET", "", 401, WWW_Authenticate='Basic realm="r"')
    with pytest.raises(LoginFailed) as caught:
        source(f"{script.address}/p/r:v1", **LOGIN).top()
    assert waits.slept == []
    assert "the command line" in caught.value.why


def test_wrong_password_at_the_token_service_fails_at_once(
    script: ScriptedRegistry, tokens: ScriptedRegistry, source: Sources, waits: Waits
) -> None:
    script.on("GET", "p/r/manifests/v1", 401, **_bearer(tokens.address))
    tokens.on("GET", "token", 401, b'{"details":"incorrect username or password"}')
    with pytest.raises(LoginFailed):
        source(f"{script.address}/p/r:v1", **LOGIN).top()
    assert waits.slept == []


@pytest.mark.parametrize(
    "answer",
    [
        b'{"token":"t1"}',
        b'{"access_token":"t1"}',
        b'{"token":"t1","expires_in":"soon"}',
        b'{"token":"t1","expires_in":-3}',
        b'{"token":"t1","access_token":"t1","expires_in":300,"issued_at":"2026-01-01T00:00:00Z"}',
    ],
)
def test_shapes_of_token_answers(
    answer: bytes, script: ScriptedRegistry, tokens: ScriptedRegistry, source: Sources
) -> None:
    script.on("GET", "p/r/manifests/v1", 401, **_bearer(tokens.address))
    script.on("GET", "p/r/manifests/v1", _manifest(), when=_with("Bearer t1"))
    tokens.on("GET", "token", 200, answer, when=_with(None))
    assert source(f"{script.address}/p/r:v1").top() == TOP
    # exactly what is needed, not what the challenge would like
    assert tokens.requests[0].query == {"service": ["x"], "scope": ["repository:p/r:pull"]}


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"[]",
        b"{}",
        b"<html>",
        b'{"token":""}',
        b'{"token":5}',
        b'{"token":"a\\r\\nX-Evil: 1"}',
        b'{"token":' + b"[" * 100_000,
    ],
)
def test_unusable_token_answers(
    answer: bytes, script: ScriptedRegistry, tokens: ScriptedRegistry, source: Sources
) -> None:
    script.on("GET", "p/r/manifests/v1", 401, **_bearer(tokens.address))
    tokens.on("GET", "token", 200, answer)
    with pytest.raises(UnusableAnswer):
        source(f"{script.address}/p/r:v1").top()


@pytest.mark.parametrize(
    ("status", "login", "error"),
    [
        (401, {}, LoginRequired),
        (403, {}, LoginRequired),
        (401, LOGIN, LoginFailed),
        (403, LOGIN, RightMissing),
        (404, LOGIN, TokenServiceRefused),
        (404, {}, TokenServiceRefused),
    ],
)
def test_refusals_of_the_token_service(
    status: int,
    login: dict[str, Any],
    error: type[KsimageError],
    script: ScriptedRegistry,
    tokens: ScriptedRegistry,
    source: Sources,
    waits: Waits,
) -> None:
    script.on("GET", "p/r/manifests/v1", 401, **_bearer(tokens.address))
    script.on("GET", "p/r/manifests/v1", 401, when=_with(BASIC), times=None)
    tokens.on("GET", "token", status, b'{"errors":[{"code":"DENIED","message":"no entry"}]}')
    with pytest.raises(error) as caught:
        source(f"{script.address}/p/r:v1", **login).top()
    assert "no entry" in caught.value.why or error is LoginFailed
    assert waits.slept == []


def test_token_service_that_is_busy(
    script: ScriptedRegistry, tokens: ScriptedRegistry, source: Sources, waits: Waits
) -> None:
    realm = f"http://{tokens.address}/v2/token?account=x"  # has a query of its own
    script.on("GET", "p/r/manifests/v1", 401, **_bearer(realm))
    script.on("GET", "p/r/manifests/v1", _manifest(), when=_with("Bearer t"))
    tokens.on("GET", "token", 503, Retry_After="4")
    tokens.on("GET", "token", 200, b'{"token":"t"}', when=lambda r: r.query["account"] == ["x"])
    assert source(f"{script.address}/p/r:v1").top() == TOP
    assert waits.slept == [4.0]


@pytest.mark.parametrize("status", [400, 401])
def test_identity_token_that_is_no_longer_good(
    status: int,
    script: ScriptedRegistry,
    tokens: ScriptedRegistry,
    source: Sources,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    entry = f'{{"auths":{{"{script.address}":{{"identitytoken":"r3fresh"}}}}}}'
    (tmp_path / "config.json").write_text(entry)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    script.on("GET", "p/r/manifests/v1", 401, **_bearer(tokens.address))
    tokens.on("POST", "token", status, b"{}", when=lambda r: b"refresh_token=r3fresh" in r.body)
    with pytest.raises(LoginFailed) as caught:
        source(f"{script.address}/p/r:v1").top()
    assert str(tmp_path) in caught.value.why
    assert "r3fresh" not in caught.value.message + caught.value.why


@pytest.mark.parametrize(
    ("entry", "helper", "reason"),
    [
        ({"identitytoken": "r3fresh"}, "", "is an identity token"),
        ({}, '{"Username":"<token>","Secret":"r3fresh"}', "is an identity token"),
        ({}, '{"Username":"","Secret":"r3fresh"}', "has no user name"),
    ],
)
@pytest.mark.parametrize("push", [False, True])
def test_login_that_the_registry_does_not_take(
    entry: dict[str, str],
    helper: str,
    reason: str,
    push: bool,
    script: ScriptedRegistry,
    source: Sources,
    target: Targets,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    """It was never sent: no right is missing."""
    program = tmp_path / "docker-credential-x"
    program.write_text(f"#!/bin/sh\necho '{helper}'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    document: dict[str, Any] = {"credHelpers": {script.address: "x"}} if helper else {}
    document |= {"auths": {script.address: entry}}
    (tmp_path / "config.json").write_text(json.dumps(document))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    method = "HEAD" if push else "GET"
    script.on(method, "p/r/manifests/v1", 401, WWW_Authenticate="Basic realm=x", times=None)
    script.on("GET", "p/r/manifests/v1", 401, WWW_Authenticate="Basic realm=x", times=None)
    with pytest.raises(PasswordNeeded) as caught:
        name = f"{script.address}/p/r:v1"
        target(name).held() if push else source(name).top()
    assert reason in caught.value.message
    assert "user name and password only" in caught.value.why
    assert str(tmp_path / "config.json") in caught.value.why
    assert caught.value.exit_code == 9
    assert "r3fresh" not in str(caught.value)


def test_nameless_login_at_a_token_service(
    script: ScriptedRegistry,
    tokens: ScriptedRegistry,
    source: Sources,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    program = tmp_path / "docker-credential-x"
    program.write_text("""#!/bin/sh\necho '{"Username":"","Secret":"s3cret"}'\n""")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    (tmp_path / "config.json").write_text('{"credsStore":"x"}')
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    script.on("GET", "p/r/manifests/v1", 401, **_bearer(tokens.address))
    tokens.on("GET", "token", 401, b"{}")
    with pytest.raises(PasswordNeeded, match="has no user name"):
        source(f"{script.address}/p/r:v1").top()


def test_ready_token_of_a_credentials_file(
    script: ScriptedRegistry, source: Sources, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    entry = f'{{"auths":{{"{script.address}":{{"registrytoken":"ready"}}}}}}'
    (tmp_path / "config.json").write_text(entry)
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    script.on("GET", "p/r/manifests/v1", 401, **_bearer("127.0.0.1:1"), when=_with(None))
    script.on("GET", "p/r/manifests/v1", _manifest(), when=_with("Bearer ready"))
    assert source(f"{script.address}/p/r:v1").top() == TOP


def test_token_without_lifetime_is_renewed_after_a_minute(
    script: ScriptedRegistry, tokens: ScriptedRegistry, source: Sources, waits: Waits
) -> None:
    script.on("GET", "p/r/manifests/v1", 401, **_bearer(tokens.address))
    script.on("GET", "p/r/manifests/v1", _manifest(), when=_with("Bearer t1"), times=2)
    script.on("GET", "p/r/manifests/v1", _manifest(), when=_with("Bearer t2"))
    tokens.on("GET", "token", 200, b'{"token":"t1"}')
    tokens.on("GET", "token", 200, b'{"token":"t2"}')
    for wait in (0, 30, 31):
        waits.now += wait
        source(f"{script.address}/p/r:v1").top()


def test_stale_token_is_renewed_once(
    script: ScriptedRegistry, tokens: ScriptedRegistry, source: Sources
) -> None:
    script.on("GET", "p/r/manifests/v1", 401, **_bearer(tokens.address))
    script.on("GET", "p/r/manifests/v1", _manifest(), when=_with("Bearer t1"))
    script.on("GET", "p/r/manifests/v1", 401, **_bearer(tokens.address), when=_with("Bearer t1"))
    script.on("GET", "p/r/manifests/v1", 401, **_bearer(tokens.address), when=_with("Bearer t2"))
    tokens.on("GET", "token", 200, b'{"token":"t1","expires_in":900}')
    tokens.on("GET", "token", 200, b'{"token":"t2","expires_in":900}')
    source(f"{script.address}/p/r:v1").top()
    with pytest.raises(LoginRequired):
        source(f"{script.address}/p/r:v1").top()


def test_login_runs_out_in_mid_upload(
    script: ScriptedRegistry,
    tokens: ScriptedRegistry,
    target: Targets,
    waits: Waits,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ksimage.locations.registry.api.upload.PIECE", 1000)
    memory = MemorySource()
    blob = memory.add(bytes(2500))
    script.on("HEAD", "p/r/blobs/.*", 401, **_bearer(tokens.address))
    script.on("HEAD", "p/r/blobs/.*", 404, when=_with("Bearer t1"))
    script.on("POST", "p/r/blobs/uploads/", 202, Location="/v2/u/1", when=_with("Bearer t1"))
    script.on("PATCH", "u/1", 202, Location="/v2/u/2", when=_with("Bearer t1"))
    script.on("PATCH", "u/2", 401, **_bearer(tokens.address), when=_with("Bearer t1"))
    script.on("GET", "u/2", 204, Location="/v2/u/3", Range="0-999", when=_with("Bearer t2"))
    script.on("PATCH", "u/3", 202, Location="/v2/u/4", when=_with("Bearer t2"))
    script.on("PUT", "u/4", 201, when=_with("Bearer t2"))
    tokens.on("GET", "token", 200, b'{"token":"t1","expires_in":900}')
    tokens.on("GET", "token", 200, b'{"token":"t2","expires_in":900}')
    assert target(f"{script.address}/p/r:v1").put_blob(blob, memory).outcome is Outcome.SENT
    assert [len(r.body) for r in script.requests if r.method in ("PATCH", "PUT")] == [
        1000,
        1000,
        1000,
        500,
    ]
    assert waits.slept == []


def test_scope_denied_on_mount_uploads_instead(
    script: ScriptedRegistry, tokens: ScriptedRegistry, source: Sources, target: Targets
) -> None:
    memory = MemorySource()
    blob = memory.add(b"layer")
    # a project's robot keeps its rights in the project of the first scope alone
    both = ["repository:p/r:pull,push", "repository:q/base:pull"]
    script.on("GET", "q/base/manifests/v1", 401, **_bearer(tokens.address))
    script.on("GET", "q/base/manifests/v1", _manifest(), when=_with("Bearer pull"))
    denied: dict[str, Any] = {
        "WWW_Authenticate": 'Bearer realm="http://x/",error="insufficient_scope"'
    }
    script.on("POST", "p/r/blobs/uploads/", 401, **denied, when=lambda r: "mount" in r.query)
    script.on("HEAD", "p/r/blobs/.*", 404, when=_with("Bearer both"))
    script.on("POST", "p/r/blobs/uploads/", 202, Location="/v2/u/1")
    script.on("PUT", "u/1", 201)
    script.on("GET", "q/base/blobs/.*", 200, b"layer", when=_with("Bearer pull"))
    tokens.on("GET", "token", 200, b'{"token":"pull"}', when=lambda r: len(r.query["scope"]) == 1)
    tokens.on("GET", "token", 200, b'{"token":"both"}', when=lambda r: r.query["scope"] == both)
    base = source(f"{script.address}/q/base:v1")
    base.top()
    transfer = target(f"{script.address}/p/r:v1").put_blob(blob, base)
    assert (transfer.outcome, transfer.sent) == (Outcome.SENT, 5)


@pytest.mark.parametrize(
    "realm",
    [
        "http://tokens.example/token",
        "http://169.254.169.254/latest/meta-data",
        "ftp://127.0.0.1/token",
        "https://user:pass@127.0.0.1/token",
        "file:///etc/passwd",
        "http://[::1",
    ],
)
@pytest.mark.parametrize("login", [{}, LOGIN])
def test_realms_that_are_not_used(
    realm: str, login: dict[str, Any], script: ScriptedRegistry, source: Sources
) -> None:
    script.on("GET", "p/r/manifests/v1", 401, WWW_Authenticate=f'Bearer realm="{realm}"')
    # a Harbor that calls itself by another name still takes Basic
    script.on("GET", "p/r/manifests/v1", 401, when=_with(BASIC), times=None)
    script.on("GET", "", 200, times=None)
    with pytest.raises((InsecureLogin, UnusableAnswer, RightMissing)):
        source(f"{script.address}/p/r:v1", **login).top()


def test_token_service_out_of_reach_falls_back_to_basic(
    script: ScriptedRegistry, source: Sources
) -> None:
    realm = f"http://localhost:{free_port()}/service/token"
    script.on("GET", "p/r/manifests/v1", 401, **_bearer(realm))
    script.on("GET", "p/r/manifests/v1", _manifest(), when=_with(BASIC))
    assert source(f"{script.address}/p/r:v1", **LOGIN).top() == TOP


def test_token_service_out_of_reach_without_login_names_it(
    script: ScriptedRegistry, source: Sources
) -> None:
    port = free_port()
    script.on("GET", "p/r/manifests/v1", 401, **_bearer(f"127.0.0.1:{port}"))
    with pytest.raises(TokenServiceUnusable) as caught:
        source(f"{script.address}/p/r:v1").top()
    assert f"token service 127.0.0.1:{port}" in caught.value.message


def test_token_service_of_the_same_name_falls_back_to_basic(
    script: ScriptedRegistry, source: Sources
) -> None:
    """Behind a proxy, the realm often lacks the port."""
    script.on("GET", "p/r/manifests/v1", 401, **_bearer(f"127.0.0.1:{free_port()}"))
    script.on("GET", "p/r/manifests/v1", _manifest(), when=_with(BASIC))
    assert source(f"{script.address}/p/r:v1", **LOGIN).top() == TOP


def test_token_service_that_redirects_falls_back_to_basic(
    script: ScriptedRegistry, tokens: ScriptedRegistry, source: Sources
) -> None:
    """The login goes to no third host."""
    script.on("GET", "p/r/manifests/v1", 401, **_bearer(tokens.address))
    tokens.on("GET", "token", 301, Location="https://elsewhere.example/token")
    script.on("GET", "p/r/manifests/v1", _manifest(), when=_with(BASIC))
    assert source(f"{script.address}/p/r:v1", **LOGIN).top() == TOP


def test_basic_that_does_not_help_either_names_the_token_service(
    script: ScriptedRegistry, source: Sources
) -> None:
    port = free_port()
    script.on("GET", "p/r/manifests/v1", 401, **_bearer(f"127.0.0.1:{port}"), times=2)
    with pytest.raises(TokenServiceUnusable, match=str(port)):
        source(f"{script.address}/p/r:v1", **LOGIN).top()


def _harbor(script: ScriptedRegistry, tokens: ScriptedRegistry, *, right_password: bool) -> None:
    """Harbor 2.9: any login gets a token; without the right, its 401 looks the same."""
    script.on("POST", "p/r/blobs/uploads/", 401, **_bearer(tokens.address), when=_with(None))
    script.on(
        *("POST", "p/r/blobs/uploads/", 401, DENIED),
        WWW_Authenticate='Basic realm="harbor"',
        when=_with("Bearer t"),
        times=None,
    )
    script.on("HEAD", "p/r/blobs/.*", 404, when=_with(None))
    tokens.on("GET", "token", 200, b'{"token":"t"}', when=_with(BASIC))
    tokens.on("GET", "token", 200, b'{"token":"t"}', when=_with(BASIC), times=None)
    if right_password:
        script.on("GET", "", 200, when=_with(BASIC))
    else:
        script.on("GET", "", 401, WWW_Authenticate='Basic realm="harbor"', when=_with(BASIC))


@pytest.mark.parametrize(("right_password", "error"), [(True, RightMissing), (False, LoginFailed)])
def test_harbor_wrong_password_is_told_from_missing_right(
    right_password: bool,
    error: type[AuthError],
    script: ScriptedRegistry,
    tokens: ScriptedRegistry,
    target: Targets,
) -> None:
    _harbor(script, tokens, right_password=right_password)
    with pytest.raises(error) as caught:
        target(f"{script.address}/p/r:v1", **LOGIN).put_blob(MEMORY.add(b"new"), MEMORY)
    assert USER in caught.value.message


HARBORS = 'Bearer realm="http://{}/v2/token",service="harbor-registry"'


def test_harbor_wrong_password_costs_one_failed_login(
    script: ScriptedRegistry, tokens: ScriptedRegistry, target: Targets, waits: Waits
) -> None:
    """Its token service would answer 200; the user is then locked for 1.5 s, which are waited."""
    challenge = HARBORS.format(tokens.address)
    script.on("HEAD", "p/r/manifests/v1", 401, WWW_Authenticate=challenge)
    script.on("GET", "", 401, WWW_Authenticate='Basic realm="harbor"', when=_with(BASIC))
    pushed = target(f"{script.address}/p/r:v1", **LOGIN)
    for _ in range(2):
        with pytest.raises(LoginFailed):
            pushed.held()
        script.on("HEAD", "p/r/manifests/v1", 401, WWW_Authenticate=challenge, times=None)
    assert waits.slept == [1.6]


def test_harbor_wrong_password_is_noticed_where_reading_needs_none(
    script: ScriptedRegistry, target: Targets
) -> None:
    script.on("HEAD", "p/r/manifests/v1", 404)
    script.on("GET", "", 401, WWW_Authenticate='Basic realm="harbor"', when=_with(BASIC))
    with pytest.raises(LoginFailed):
        target(f"{script.address}/p/r:v1", **LOGIN).held()


def test_harbor_right_password_is_asked_about_once(
    script: ScriptedRegistry, tokens: ScriptedRegistry, target: Targets
) -> None:
    script.on("HEAD", "p/r/manifests/v1", 401, WWW_Authenticate=HARBORS.format(tokens.address))
    script.on("GET", "", 200, when=_with(BASIC))
    tokens.on("GET", "token", 200, b'{"token":"t"}', when=_with(BASIC))
    script.on("HEAD", "p/r/manifests/v1", 404, when=_with("Bearer t"), times=2)
    pushed = target(f"{script.address}/p/r:v1", **LOGIN)
    assert pushed.held() is None
    assert pushed.held() is None


def test_harbor_missing_project_is_a_401(script: ScriptedRegistry, target: Targets) -> None:
    body = (
        b'{"errors":[{"code":"UNAUTHORIZED","message":"project p not found: project p not found"}]}'
    )
    script.on("HEAD", "p/r/manifests/v1", 401, when=_with(None))
    script.on("HEAD", "p/r/manifests/v1", 401, WWW_Authenticate="", when=_with(BASIC))
    script.on("GET", "p/r/manifests/v1", 401, body, WWW_Authenticate="", when=_with(BASIC))
    with pytest.raises(ProjectMissing) as caught:
        target(f"{script.address}/p/r:v1", **LOGIN).held()
    assert "--create-project" in caught.value.advice[0]


def test_harbor_missing_project_of_a_source(script: ScriptedRegistry, source: Sources) -> None:
    body = (
        b'{"errors":[{"code":"UNAUTHORIZED","message":"project p not found: project p not found"}]}'
    )
    script.on("GET", "p/r/manifests/v1", 401, when=_with(None))
    script.on("GET", "p/r/manifests/v1", 401, body, WWW_Authenticate="", when=_with(BASIC))
    with pytest.raises(ImageNotFound) as caught:
        source(f"{script.address}/p/r:v1", **LOGIN).top()
    assert "has no project 'p'" in caught.value.why


def test_secrets_appear_nowhere(
    script: ScriptedRegistry,
    tokens: ScriptedRegistry,
    source: Sources,
    options: RegistryOptions,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    script.on("GET", "p/r/manifests/v1", 401, **_bearer(tokens.address))
    script.on("GET", "p/r/manifests/v1", 401, DENIED, when=_with("Bearer t0ps3cret"))
    script.on("GET", "p/r/manifests/v1", 401, DENIED, when=_with("Bearer t0ps3cret"))
    script.on("GET", "", 200)
    tokens.on("GET", "token", 200, b'{"token":"t0ps3cret"}', times=2)
    image = source(f"{script.address}/p/r:v1", **LOGIN)
    with pytest.raises(KsimageError) as caught:
        image.top()
    shown = "".join(traceback.format_exception(caught.value)) + caplog.text
    login = image.session.channel.auth.credentials("p/r")
    shown += repr(login) + repr(replace(options, **LOGIN)) + repr(image.session)
    shown += caught.value.message + caught.value.why + "".join(caught.value.advice)
    for secret in (PASSWORD, "t0ps3cret", BASIC.removeprefix("Basic ")):
        assert secret not in shown
    assert f"login {USER} from the command line" in caplog.text


@pytest.mark.e2e
@pytest.mark.parametrize("way", ["option", "docker config", "identity token", "access_token only"])
def test_real_registry_with_tokens(
    way: str,
    bearer_registry: RunningRegistry,
    target: Targets,
    source: Sources,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    service = bearer_registry.tokens
    assert service
    login: dict[str, Any] = LOGIN
    if way == "access_token only":
        service.shape = lambda token: {"access_token": token}
    elif way != "option":
        login = {}
        entry = f'"auth": "{BASIC.removeprefix("Basic ")}"'
        if way == "identity token":
            entry = '"identitytoken": "refresh"'
            service.refresh_tokens["refresh"] = USER
        (tmp_path / "config.json").write_text(
            f'{{"auths": {{"{bearer_registry.address}": {{{entry}}}}}}}'
        )
        monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    memory = MemorySource()
    blob = memory.add(b"layer")
    name = f"{bearer_registry.address}/p/r:v1"
    pushed = target(name, **login)
    assert pushed.held() is None
    pushed.put_blob(blob, memory)
    top = _push_manifest(pushed, memory, blob)
    assert source(name, **login).top() == top
    other = target(f"{bearer_registry.address}/p/other:v1", **login)
    assert other.put_blob(blob, source(name, **login)).outcome is Outcome.MOUNTED
    scopes = [request.scopes for request in service.asked]
    assert scopes == [
        ("repository:p/r:pull",),
        ("repository:p/r:pull,push",),
        ("repository:p/other:pull,push", "repository:p/r:pull"),
    ]
    # one 401 in all: the challenge is remembered
    assert [r.status for r in bearer_registry.requests()].count(401) == 1


@pytest.mark.e2e
def test_real_registry_without_the_right_to_push(
    bearer_registry: RunningRegistry, target: Targets, waits: Waits
) -> None:
    assert bearer_registry.tokens
    bearer_registry.tokens.allowed = lambda user, name, action: action == "pull"
    memory = MemorySource()
    with pytest.raises(RightMissing) as caught:
        target(f"{bearer_registry.address}/p/r:v1", **LOGIN).put_blob(memory.add(b"x"), memory)
    assert "push" in caught.value.message
    assert waits.slept == []


@pytest.mark.e2e
def test_real_registry_denies_the_mount_source(
    bearer_registry: RunningRegistry, target: Targets, source: Sources
) -> None:
    service = bearer_registry.tokens
    assert service
    memory = MemorySource()
    blob = memory.add(b"layer")
    target(f"{bearer_registry.address}/q/base:v1", **LOGIN).put_blob(blob, memory)
    base = source(f"{bearer_registry.address}/q/base:v1", **LOGIN)
    service.allowed = lambda user, name, action: name != "q/base"
    pushed = target(f"{bearer_registry.address}/p/r:v1", **LOGIN)
    with pytest.raises(AuthError):  # not to be read at all now: but the mount's 401 was no error
        pushed.put_blob(blob, base)
    base.home = lambda _: memory  # type: ignore[assignment,method-assign,return-value]
    assert pushed.put_blob(blob, memory).outcome is Outcome.SENT


@pytest.mark.e2e
@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_real_registry_with_basic(
    password: str, htpasswd_registry: RunningRegistry, target: Targets, repository: str
) -> None:
    login: dict[str, Any] = {"username": USER, "password": password}
    pushed = target(f"{htpasswd_registry.address}/{repository}:v1", **login)
    memory = MemorySource()
    blob = memory.add(b"layer")
    if password == PASSWORD:
        pushed.put_blob(blob, memory)
        assert pushed.held() is None
    else:
        with pytest.raises(LoginFailed):
            pushed.put_blob(blob, memory)


def _push_manifest(pushed: RegistryTarget, memory: MemorySource, blob: Descriptor) -> Descriptor:
    top = memory.add_manifest(b"{}", memory.blobs[blob.digest])
    config = Descriptor("", TOP.digest, 0)
    config = replace(config, digest=next(iter(MEMORY.blobs)), size=2)
    pushed.put_blob(config, memory)
    pushed.tag(top, memory.manifest(top))
    return top
