"""Requests with everything around them: logins, retries, refusals in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.faults.conftest import Waits
from tests.faults.scripted import Reply, ScriptedRegistry

from ksimage.errors import GaveUp, KsimageError, LoginRequired, RegistryRefused, RightMissing
from ksimage.locations.options import RegistryOptions
from ksimage.locations.registry.answers import Intent
from ksimage.locations.registry.api.channel import Channel

BASIC = Reply(401, b"", {"WWW-Authenticate": 'Basic realm="x"'})


@pytest.fixture
def intent(script: ScriptedRegistry) -> Intent:
    return Intent(script.address, "p/r", what="v1")


def test_what_passes_is_tried_again(
    script: ScriptedRegistry, options: RegistryOptions, waits: Waits, intent: Intent
) -> None:
    script.on("GET", "x", 503, Retry_After="7")
    script.on("GET", "x", 200, b"there")
    answer = Channel(script.address, options).request("GET", "/v2/x", intent)
    assert answer.body == b"there"
    assert waits.slept and waits.slept[0] >= 7


def test_but_not_for_ever(
    script: ScriptedRegistry, options: RegistryOptions, intent: Intent
) -> None:
    script.on("GET", "x", 503, times=None)
    with pytest.raises(GaveUp):
        Channel(script.address, options).request("GET", "/v2/x", intent)
    assert 1 < len(script.asked("GET", "x")) < 20
    script.steps.clear()


def test_an_answer_to_head_has_no_reason_so_get_is_asked(
    script: ScriptedRegistry, options: RegistryOptions, intent: Intent
) -> None:
    script.on("HEAD", "x", 403)
    script.on("GET", "x", 403, b'{"errors":[{"code":"DENIED","message":"because"}]}')
    with pytest.raises(KsimageError) as raised:
        Channel(script.address, options).request("HEAD", "/v2/x", intent)
    assert "because" in str(vars(raised.value))


def test_a_login_is_sent_once_it_is_asked_for(
    script: ScriptedRegistry, options: RegistryOptions, intent: Intent
) -> None:
    script.on("GET", "x", BASIC)
    script.on("GET", "x", 200, b"in", times=2)
    login = replace(options, username="u", password="p")
    channel = Channel(script.address, login)
    for _ in (1, 2):
        assert channel.request("GET", "/v2/x", intent).body == b"in"
    sent = [request.headers.get("Authorization") for request in script.requests]
    assert sent == [None, "Basic dTpw", "Basic dTpw"]


@pytest.mark.parametrize(("user", "error"), [(None, LoginRequired), ("u", RightMissing)])
def test_a_final_401(
    script: ScriptedRegistry,
    options: RegistryOptions,
    intent: Intent,
    user: str | None,
    error: type[Exception],
) -> None:
    script.on("GET", "x", BASIC, times=None)
    script.on("GET", "", 200, times=None)  # the password is good
    login = replace(options, username=user, password="p" if user else None)
    with pytest.raises(error):
        Channel(script.address, login).request("GET", "/v2/x", intent)
    script.steps.clear()


def test_beside_the_api_every_answer_is_as_it_is(
    script: ScriptedRegistry, options: RegistryOptions
) -> None:
    script.on("GET", "x", 404, b"no")
    answer = Channel(script.address, options).call("GET", "/v2/x", {})
    assert (answer.status, answer.body) == (404, b"no")


def test_a_refusal_is_an_error(
    script: ScriptedRegistry, options: RegistryOptions, intent: Intent
) -> None:
    script.on("GET", "x", 418, b"teapot")
    with pytest.raises(RegistryRefused):
        Channel(script.address, options).request("GET", "/v2/x", intent)
