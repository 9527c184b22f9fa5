"""A base in which no installer would run: each fault is seen, and what can be given back is."""

from __future__ import annotations

from typing import Any

import pytest

from ksimage.derivation import repair
from ksimage.hook.layers import Hook
from ksimage.upstream import images, releases

GOOD: dict[str, Any] = {
    "Entrypoint": ["/shell-operator"],
    "Cmd": ["start"],
    "User": "kubesphere",
    "WorkingDir": "/kubesphere",
    "Env": [
        "SHELL_OPERATOR_WORKING_DIR=/hooks",
        "ANSIBLE_ROLES_PATH=/kubesphere/installer/roles",
    ],
}
DATA = b"#!/usr/bin/env python3\nprint()\n"
HOOK = Hook(DATA, 0o755, 1002, 1002, "sha256:x")


def names(config: dict[str, Any], hook: Hook = HOOK) -> list[str]:
    return [fault.name for fault in repair.faults({"config": config}, hook, "v3.3.2")]


def test_upstreams_image_is_sound() -> None:
    assert names(GOOD) == []
    assert repair.of({"config": GOOD}, HOOK, "v3.3.2") is repair.NOTHING


@pytest.mark.parametrize(
    "changes",
    [
        {"Entrypoint": ["/tini", "--", "/shell-operator"]},
        {"Entrypoint": ["/shell-operator", "start"], "Cmd": None},
        {"Entrypoint": ["/bin/sh", "-c", "exec /shell-operator start"], "Cmd": None},
        {"Entrypoint": None, "Cmd": ["/shell-operator", "--log-level=debug", "start"]},
        {"User": "1002"},
        {"User": "1002:1002"},
        {"WorkingDir": "/somewhere"},
        {"Env": [*GOOD["Env"][:1], "ANSIBLE_ROLES_PATH=/mine:/kubesphere/installer/roles"]},
    ],
)
def test_what_somebody_may_have_changed_on_purpose(changes: dict[str, Any]) -> None:
    assert names({**GOOD, **changes}) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"Entrypoint": ["sh"]}, ["entrypoint"]),
        ({"Entrypoint": None}, ["entrypoint"]),
        ({"Entrypoint": "/bin/sh -c x"}, ["entrypoint"]),
        ({"Cmd": ["sh"]}, ["entrypoint"]),
        ({"Cmd": None}, ["entrypoint"]),
        ({"User": ""}, ["user"]),
        ({"User": "root"}, ["user"]),
        ({"User": "0:0"}, ["user"]),
        ({"User": "nobody"}, ["user"]),
        ({"WorkingDir": ""}, ["workdir"]),
        ({"Env": []}, ["env", "env"]),
        ({"Env": ["ANSIBLE_ROLES_PATH=", GOOD["Env"][0]]}, ["env"]),
        ({"Entrypoint": ["sh"], "User": "0"}, ["entrypoint", "user"]),
    ],
)
def test_lost(changes: dict[str, Any], expected: list[str]) -> None:
    broken = {**GOOD, **changes}
    assert names(broken) == expected
    back = repair.of({"config": broken}, HOOK, "v3.3.2")
    assert list(back.names) == list(dict.fromkeys(expected))
    env = [f"{key}={value}" for key, value in back.env.items()]
    mended = {**broken, **back.settings}
    mended["Env"] = [*(e for e in mended["Env"] if not e.endswith("=")), *env]
    assert names(mended) == []


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "sound"),
    [
        (0o755, 0, 0, True), (0o700, 1002, 0, True), (0o750, 0, 1002, True), (0o705, 0, 0, True),
        (0o644, 1002, 1002, False), (0o700, 0, 0, False), (0o750, 0, 0, False),
        (0o055, 1002, 1002, False), (0o711, 0, 0, False),
    ],
)  # fmt: skip
def test_who_can_run_the_hook(mode: int, uid: int, gid: int, sound: bool) -> None:
    hook = Hook(DATA, mode, uid, gid, "sha256:x")
    assert names(GOOD, hook) == ([] if sound else ["mode"])
    assert repair.of({"config": GOOD}, hook, "v3.3.2").mode == (None if sound else 0o755)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xef\xbb\xbf" + DATA, "byte-order mark"),
        (DATA.replace(b"\n", b"\r\n"), "CRLF"),
        (DATA.replace(b"/usr/bin/env python3", b"/usr/bin/python3"), "another Python"),
        (DATA.replace(b"python3", b"python3.6"), "another Python"),
        (DATA.replace(b"python3", b"python3 -u"), "another Python"),
    ],
)
def test_a_hook_that_cannot_start(data: bytes, reason: str) -> None:
    (fault,) = repair.faults({"config": GOOD}, Hook(data, 0o755, 0, 0, "x"), "v3.3.2")
    assert fault.name == "" and reason in fault.text


def test_a_second_hook() -> None:
    hook = Hook(DATA, 0o755, 0, 0, "x", {}, ("hooks/own.sh", "hooks/a\x1b[1m"))
    (fault,) = repair.faults({"config": GOOD}, hook, "v3.3.2")
    assert fault.name == "" and "/hooks/own.sh" in fault.text and "\x1b" not in fault.text


def test_every_supported_release_is_in_the_table() -> None:
    for release in releases.supported():
        wanted = images.run_settings(release.tag)
        assert ("ARCH" in wanted.env) == (release.numbers >= (3, 3, 0)), release.tag
    assert images.run_settings("no release") == images.run_settings("v3.0.0")
