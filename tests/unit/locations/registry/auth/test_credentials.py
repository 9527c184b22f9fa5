"""A login shows no secret."""

from __future__ import annotations

import os
import resource
import time

import pytest
from tests.unit.locations.registry.auth.conftest import Home, auth, helper

from ksimage.errors import CredentialHelperFailed
from ksimage.locations.registry.auth import credentials
from ksimage.locations.registry.auth.credentials import Credentials


def test_repr_shows_no_secret() -> None:
    login = Credentials("here", "user", "s3cret", "identity", "ready")
    assert "user" in repr(login)
    assert not any(word in repr(login) for word in ("s3cret", "identity", "ready"))


def test_basic() -> None:
    assert Credentials("here", "user", "pass").basic == "Basic dXNlcjpwYXNz"
    assert Credentials("here", "user").basic is None
    assert Credentials("here", secret="pass").basic is None


def test_helper_over_store_over_entry(home: Home) -> None:
    helper(home, "one", """echo '{"Username":"one","Secret":"x"}'""")
    helper(home, "two", """echo '{"Username":"two","Secret":"x"}'""")
    document = {
        "auths": {"third.lan": auth("three", "x")},
        "credHelpers": {"harbor.lan": "one"},
        "credsStore": "two",
    }
    home.write(".docker/config.json", document)
    names = {host: home.find(host) for host in ("harbor.lan", "other.lan", "third.lan")}
    assert {host: found.username for host, found in names.items() if found} == {
        "harbor.lan": "one",
        "other.lan": "two",
        "third.lan": "two",  # as for docker, which asks its store alone
    }


def test_helper_is_asked_for_the_server(home: Home) -> None:
    helper(home, "echo", """read -r s; echo "{\\"Username\\":\\"$s\\",\\"Secret\\":\\"x\\"}" """)
    home.write(".docker/config.json", {"credsStore": "echo"})
    for host, server in (
        ("harbor.lan:5000", "harbor.lan:5000"),
        ("docker.io", "https://index.docker.io/v1/"),
    ):
        found = home.find(host)
        assert found
        assert found.username == server


def test_helper_with_an_identity_token(home: Home) -> None:
    helper(home, "tok", """echo '{"Username":"<token>","Secret":"refresh"}'""")
    home.write(".docker/config.json", {"credsStore": "tok"})
    found = home.find()
    assert found
    assert (found.identity_token, found.secret, found.basic) == ("refresh", "", None)


def test_helper_that_has_nothing(home: Home) -> None:
    helper(home, "none", "echo 'credentials not found in native keychain'; exit 1")
    home.write(".docker/config.json", {"credsStore": "none"})
    assert home.find() is None


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("echo 'pass not initialized'; exit 1", "pass not initialized"),
        ("""echo '{"Secret":"s3cret"}'; exit 3""", "exit code 3"),
        ("echo s3cret", "no JSON"),
        ("echo '[]'", "no JSON"),
        ("""echo '{"Username":"u"}'""", "no JSON"),
        ("""echo '{"Username":"u","Secret":5}'""", "no strings"),
        ("echo s3cret >&2; exit 1", "exit code 1, and no explanation (its stderr is not shown"),
    ],
)
def test_helper_that_fails(script: str, words: str, home: Home) -> None:
    helper(home, "bad", script)
    path = home.write(".docker/config.json", {"credsStore": "bad"})
    with pytest.raises(CredentialHelperFailed) as caught:
        home.find()
    assert words in caught.value.message
    assert str(path) in caught.value.message
    assert "s3cret" not in caught.value.message
    assert caught.value.advice[0] == "try it: echo harbor.lan | docker-credential-bad get"


def test_helper_without_end(home: Home) -> None:
    """Its answer is not read to the end, and neither is it left running."""
    helper(home, "loud", f"echo $$ > {home.path}/pid; exec cat /dev/zero")
    home.write(".docker/config.json", {"credsStore": "loud"})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(CredentialHelperFailed, match="longer than"):
        home.find()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB
    with pytest.raises(ProcessLookupError):
        os.kill(int((home.path / "pid").read_text()), 0)


def test_helper_whose_child_lives_on(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "TIMEOUT", 0.3)
    helper(home, "forking", "sleep 5 & wait")
    home.write(".docker/config.json", {"credsStore": "forking"})
    started = time.monotonic()
    with pytest.raises(CredentialHelperFailed, match="no answer"):
        home.find()
    assert time.monotonic() - started < 4


def test_helper_that_does_not_listen(home: Home) -> None:
    helper(home, "deaf", """exec <&-; sleep 0.1; echo '{"Username":"u","Secret":"x"}'""")
    home.write(".docker/config.json", {"credsStore": "deaf"})
    found = home.find()
    assert found
    assert found.username == "u"


def test_helper_that_is_missing(home: Home) -> None:
    home.write(".docker/config.json", {"credHelpers": {"harbor.lan": "nowhere"}})
    with pytest.raises(CredentialHelperFailed) as caught:
        home.find()
    assert "docker-credential-nowhere" in caught.value.message


def test_helper_that_hangs(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(credentials, "TIMEOUT", 0.2)
    helper(home, "slow", "exec sleep 20")
    home.write(".docker/config.json", {"credsStore": "slow"})
    with pytest.raises(CredentialHelperFailed) as caught:
        home.find()
    assert "no answer" in caught.value.message
