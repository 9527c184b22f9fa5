"""Where logins come from, and what is wrong with some of those files."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import pytest
from tests.unit.locations.registry.auth.conftest import Home, auth

from ksimage.errors import CredentialsFileBroken, UsageError
from ksimage.locations.options import RegistryOptions
from ksimage.locations.registry.auth import lookup
from ksimage.locations.registry.auth.lookup import files, find_credentials

# --- which file ---


def test_nothing_there(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert home.find() is None
    assert "going on anonymously" in caplog.text


def test_explicit_login_comes_first(home: Home) -> None:
    home.write(".docker/config.json", {"auths": {"harbor.lan": auth("file", "x")}})
    options = RegistryOptions(username="robot$p+x", password="secret")
    found = find_credentials("harbor.lan", "p/r", options, home.environ)
    assert found
    assert (found.username, found.secret, found.origin) == (
        "robot$p+x",
        "secret",
        "the command line",
    )


@pytest.mark.parametrize("half", [{"username": "u"}, {"password": "p"}])
def test_half_a_login(half: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        RegistryOptions(**half)  # type: ignore[arg-type]


def test_order_of_files(home: Home) -> None:
    places = {
        "docker/config.json": ("DOCKER_CONFIG", "docker"),
        "run/containers/auth.json": ("XDG_RUNTIME_DIR", "run"),
        "conf/containers/auth.json": ("XDG_CONFIG_HOME", "conf"),
    }
    for name, (variable, folder) in places.items():
        home.write(name, {"auths": {"harbor.lan": auth(folder, "x")}})
        home.environ[variable] = str(home.path / folder)
    order = [path.relative_to(home.path).parts[0] for path in files(home.environ)]
    assert order == ["docker", "run", "conf"]
    found = home.find()
    assert found
    assert found.username == "docker"
    assert found.origin.endswith("docker/config.json")


def test_docker_then_dockercfg(home: Home) -> None:
    home.write(".docker/config.json", {})
    home.write(".dockercfg", {"https://harbor.lan": auth("old", "x")})
    found = home.find()
    assert found
    assert found.username == "old"


def test_registry_auth_file_stands_alone(home: Home) -> None:
    home.write(".docker/config.json", {"auths": {"harbor.lan": auth("docker", "x")}})
    home.environ["REGISTRY_AUTH_FILE"] = str(home.write("auth.json", {"auths": {}}))
    assert home.find() is None


def test_registry_auth_file_that_is_missing(home: Home) -> None:
    home.environ["REGISTRY_AUTH_FILE"] = str(home.path / "no.json")
    with pytest.raises(CredentialsFileBroken) as caught:
        home.find()
    assert "REGISTRY_AUTH_FILE" in caught.value.message


def test_relative_xdg_folders_are_ignored(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home.path)
    home.write("run/containers/auth.json", {"auths": {"harbor.lan": auth("u", "x")}})
    home.environ["XDG_RUNTIME_DIR"] = "run"
    assert home.find() is None


# --- which entry ---


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("harbor.lan", "harbor.lan"),
        ("harbor.lan", "https://harbor.lan"),
        ("harbor.lan", "https://harbor.lan/v2/"),
        ("harbor.lan:8443", "https://harbor.lan:8443/v1/"),
        ("docker.io", "https://index.docker.io/v1/"),
        ("docker.io", "index.docker.io"),
        ("docker.io", "docker.io"),
        ("docker.io", "registry-1.docker.io"),
        ("harbor.lan", "harbor.lan/p"),
        ("harbor.lan", "harbor.lan/p/r"),
        ("harbor.lan", "harbor.lan/v2/"),
    ],
)
def test_keys_that_match(host: str, key: str, home: Home) -> None:
    home.write(".docker/config.json", {"auths": {key: auth("u", "x")}})
    assert home.find(host) is not None


@pytest.mark.parametrize(
    "key", ["harbor.lan:443", "lan", "HARBOR.lan", "harbor.lan/q", "harbor.lan/pp", "x.io"]
)
def test_keys_that_do_not(key: str, home: Home) -> None:
    home.write(".config/containers/auth.json", {"auths": {key: auth("u", "x")}})
    assert home.find() is None


def test_user_without_a_runtime_folder(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """What ``sudo podman login`` writes."""
    monkeypatch.setattr(lookup, "PER_USER", str(home.path / "run"))
    home.write(f"run/{os.getuid()}/auth.json", {"auths": {"harbor.lan": auth("root", "x")}})
    found = home.find()
    assert found
    assert found.username == "root"
    home.environ["XDG_RUNTIME_DIR"] = str(home.path / "elsewhere")
    assert home.find() is None


def test_most_specific_key_wins(home: Home) -> None:
    keys = ("harbor.lan", "harbor.lan/p/r", "harbor.lan/p")
    home.write(".config/containers/auth.json", {"auths": {key: auth(key, "x") for key in keys}})
    for repository, expected in (("p/r", "harbor.lan/p/r"), ("p/s", "harbor.lan/p")):
        found = home.find(repository=repository)
        assert found
        assert found.username == expected


def test_an_empty_entry_is_none(home: Home) -> None:
    home.write(".docker/config.json", {"auths": {"harbor.lan": {}}})
    home.write(".dockercfg", {"harbor.lan": auth("old", "x")})
    found = home.find()
    assert found
    assert found.username == "old"


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (auth("robot$p+x", "a:b:c"), ("robot$p+x", "a:b:c", "", "")),
        (auth("u", "padded\0\0"), ("u", "padded", "", "")),
        (auth("ü", "ß"), ("ü", "ß", "", "")),
        ({"username": "u", "password": "p"}, ("u", "p", "", "")),
        ({"identitytoken": "i"}, ("", "", "i", "")),
        ({**auth("00000000", ""), "identitytoken": "i"}, ("00000000", "", "i", "")),
        ({"registrytoken": "r"}, ("", "", "", "r")),
    ],
)
def test_shapes_of_entries(
    entry: dict[str, str], expected: tuple[str, str, str, str], home: Home
) -> None:
    home.write(".docker/config.json", {"auths": {"harbor.lan": entry}})
    found = home.find()
    assert found
    shape = (found.username, found.secret, found.identity_token, found.registry_token)
    assert shape == expected


# --- broken files ---


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        '"s3cret"',
        '{"auths": []}',
        '{"auths": {"harbor.lan": "s3cret"}}',
        '{"auths": {"harbor.lan": {"auth": 5}}}',
        '{"auths": {"harbor.lan": {"auth": "czNjcmV0"}}}',
        '{"auths": {"harbor.lan": {"auth": "s3cret!"}}}',
        '{"auths": {"harbor.lan": {"auth": "/////w=="}}}',
        '{"credHelpers": ["x"]}',
        '{"credHelpers": {"harbor.lan": "../../bin/sh"}}',
        '{"credsStore": "a b"}',
        '{"credsStore": 5}',
        "[" * 100_000,
        "\x00",
    ],
)
def test_broken_file_is_an_error_that_names_it(text: str, home: Home) -> None:
    path = home.write(".docker/config.json", text)
    home.write(".dockercfg", {"harbor.lan": auth("u", "x")})
    with pytest.raises(CredentialsFileBroken) as caught:
        home.find()
    assert caught.value.exit_code == 3
    assert str(path) in caught.value.message
    assert "s3cret" not in caught.value.message + caught.value.why
    assert caught.value.__cause__ is None or "s3cret" not in repr(caught.value.__cause__)


def test_unreadable_bytes(home: Home) -> None:
    path = home.write(".docker/config.json", "")
    path.write_bytes(b"\xff\xfe{}")
    with pytest.raises(CredentialsFileBroken):
        home.find()


def test_huge_file(home: Home) -> None:
    home.write(".docker/config.json", " " * (5 << 20))
    with pytest.raises(CredentialsFileBroken) as caught:
        home.find()
    assert "larger" in caught.value.message


@pytest.mark.parametrize("name", [".docker/config.json", ".config/containers/auth.json"])
def test_folder_in_the_place_of_a_file(name: str, home: Home) -> None:
    """What ``docker run -v`` leaves of a file that is not there."""
    (home.path / name).mkdir(parents=True)
    with pytest.raises(CredentialsFileBroken) as caught:
        home.find()
    assert str(home.path / name) in caught.value.message
    assert "folder" in caught.value.message


def test_file_that_cannot_be_looked_at(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    path = home.path / ".docker/config.json"
    path.parent.mkdir()
    path.symlink_to(path)
    with pytest.raises(CredentialsFileBroken, match="symbolic links"):
        home.find()
    path.unlink()
    original = Path.stat

    def stat(self: Path, **options: Any) -> os.stat_result:
        if self == path:  # nothing is forbidden to root, who may run this
            raise PermissionError(13, "Permission denied", str(self))
        return original(self, **options)

    monkeypatch.setattr(Path, "stat", stat)
    with pytest.raises(CredentialsFileBroken) as caught:
        home.find()
    assert str(path) in caught.value.message
    assert "permission denied" in caught.value.message
    assert caught.value.exit_code == 3


def test_file_that_cannot_be_read(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    path = home.write(".docker/config.json", {"auths": {"harbor.lan": auth("u", "p")}})
    os.mkfifo(home.path / "pipe")

    def opened(self: Path, *_: Any) -> Any:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", opened)
    with pytest.raises(CredentialsFileBroken, match="permission denied"):
        home.find()
    home.environ["REGISTRY_AUTH_FILE"] = str(home.path / "pipe")
    with pytest.raises(CredentialsFileBroken, match="no regular file"):
        home.find()
    assert path.is_file()


def test_docker_config_that_is_a_file(home: Home) -> None:
    path = home.write("docker/config.json", {"auths": {"harbor.lan": auth("u", "p")}})
    home.environ["DOCKER_CONFIG"] = str(path)
    with pytest.raises(CredentialsFileBroken, match="wants its folder"):
        home.find()


def test_docker_config_that_is_missing(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    """Docker itself takes it for no logins."""
    caplog.set_level(logging.INFO)
    home.write(".docker/config.json", {"auths": {"harbor.lan": auth("u", "p")}})
    home.environ["DOCKER_CONFIG"] = str(home.path / "nowhere")
    assert home.find() is None
    assert f"DOCKER_CONFIG names the folder {home.path / 'nowhere'}" in caplog.text
    home.environ["DOCKER_CONFIG"] = os.devnull
    assert home.find() is None


def test_null_device_is_an_empty_file(home: Home) -> None:
    home.write(".docker/config.json", {"auths": {"harbor.lan": auth("u", "p")}})
    home.environ["REGISTRY_AUTH_FILE"] = os.devnull
    assert home.find() is None
    del home.environ["REGISTRY_AUTH_FILE"]
    path = home.path / ".docker/config.json"
    path.unlink()
    path.symlink_to(os.devnull)
    assert home.find() is None
    home.environ["HOME"] = os.devnull
    assert home.find() is None


def test_empty_file_is_no_fault(home: Home) -> None:
    home.write(".docker/config.json", "")
    assert home.find() is None


# --- secrecy ---


def test_repr_and_log_hold_no_secret(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    entry = {**auth("user", "s3cret"), "identitytoken": "t0ken"}
    home.write(".docker/config.json", {"auths": {"harbor.lan": entry}})
    found = home.find()
    assert found
    text = repr(found) + str(found) + caplog.text
    assert "s3cret" not in text
    assert "t0ken" not in text
    assert "login user from" in caplog.text
    assert "config.json, entry harbor.lan" in caplog.text
    assert ".docker/config.json" in caplog.text
