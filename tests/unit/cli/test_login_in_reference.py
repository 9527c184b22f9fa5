"""A password that somebody wrote into a reference is nowhere repeated."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.cli.conftest import Run

from ksimage.errors import BadReference, UnknownTransport

URL = "https://bob:hunter2pass@harbor.lan/x/y:1"
PLAIN = "bob:hunter2pass@harbor.lan/x"
PINNED = f"bob:hunter2pass@harbor.lan/x/y:1@sha256:{'0' * 64}"
ODD = "bob:hunter2pass/with@every'thing in@harbor.lan/x/y:1"

COMMANDS = [
    ("build", "{}"),
    ("build", "{}", "v3.3.2"),
    ("build", "v3.3.2", "--from", "{}"),
    ("build", "v3.3.2", "--to", "{}"),
    ("build", "v3.3.0", "v3.3.2", "--to", "{}"),
    ("build", "v3.3.2", "--push", "--target", "{}"),
    ("build", "v3.3.2", "--tag", "{}"),
    ("diff", "{}"),
    ("diff", "v3.3.2", "--from", "{}"),
    ("diff", "v3.3.2", "{}"),
    ("render", "{}"),
    ("render", "v3.3.2", "--from", "{}"),
    ("verify", "{}"),
    ("verify", "oci:x", "--base", "{}"),
    ("verify", "oci:x", "--from", "{}"),
    ("inspect", "{}"),
    ("inspect", "oci:x", "{}"),
    ("push", "{}", "--to", "harbor.lan/x"),
    ("push", "oci:in", "--to", "{}"),
    ("push", "oci:in", "--to={}", "--tag", "x"),
    ("push", "oci:in", "--target", "{}"),
    ("check", "{}", "--target", "harbor.lan/x"),
    ("check", "v3.3.2", "--target", "{}"),
    ("check", "v3.3.2", "--from", "{}"),
    ("matrix", "{}"),
    ("matrix", "v3.3.2", "--target", "{}"),
    ("reproduce", "{}"),
    ("reproduce", "oci:x", "--from", "{}"),
    ("init", "{}"),
    ("init", "v3.3.2", "--from", "{}"),
    ("config", "--from", "{}"),
    ("patches", "check", "--release", "{}"),
    ("{}",),
]


@pytest.mark.parametrize("text", [URL, PLAIN, PINNED, ODD], ids=["url", "plain", "pinned", "odd"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_command_repeats_it(command: tuple[str, ...], text: str, run: Run, base: str) -> None:
    Path("in").symlink_to(base.removeprefix("oci:"))
    for output in ((), ("--output", "json")):
        done = run(*(word.format(text) for word in command), *output)
        assert done.code in (2, 3, 4), done.stderr
        for secret in ("hunter2pass", "every", "thing in"):
            assert secret not in done.stdout + done.stderr


def test_nor_do_the_settings(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("ksimage.yaml").write_text(f'registries: {{"{URL}": {{insecure: true}}}}\nsource: "{URL}"')
    done = run("config")
    assert done.code == 3
    assert "hunter2pass" not in done.stdout + done.stderr
    Path("ksimage.yaml").unlink()
    monkeypatch.setenv("KSIMAGE_TARGET", PLAIN)
    done = run("config")
    assert done.code == 3
    assert "hunter2pass" not in done.stdout + done.stderr


def test_what_else_stands_there_is_shown() -> None:
    assert BadReference(URL, "why").message.startswith("'***@harbor.lan/x/y:1' is not an image")
    assert "--password-stdin" in BadReference(URL, "why").advice[0]
    for text in ("harbor.lan/x/y:v1@sha256:12", "harbor.lan/x@v1", "oci:/home/a:b@c/x:1", "A/b:1"):
        assert repr(text) in BadReference(text, "why").message
        assert "--password-stdin" not in BadReference(text, "why").advice[0]
    error = UnknownTransport("oci-archiv:bob:hunter2pass@x", "oci-archiv", ["oci-archive"])
    assert error.message == "'***@x': unknown transport 'oci-archiv:'"
