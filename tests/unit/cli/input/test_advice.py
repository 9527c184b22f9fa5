"""Advice as it is typed: with the release and the options that were typed before."""

from __future__ import annotations

import shlex

import pytest
from tests.unit.cli.conftest import Run

from ksimage.cli.app import app
from ksimage.cli.input.advice import completer


def completed(line: str, *typed: str, release: str = "") -> str:
    """``line`` as it is shown to somebody who typed ``ksimage TYPED``."""
    found: list[str] = []
    name, *rest = typed
    with app.make_context("ksimage", list(typed)) as root:
        command = app.get_command(root, name)
        assert command is not None
        with command.make_context(name, rest, parent=root):
            found.append(completer()(line, release))
    return found[0]


DIFF = "see what the patches make of it: ksimage diff RELEASE"


@pytest.mark.parametrize(
    ("typed", "line", "shown"),
    [
        (("build", "v3.3.2", "--from", "oci:a b"), DIFF, "ksimage diff v3.3.2 --from 'oci:a b'"),
        (("build", "v3.3.2", "--verbose=3"), DIFF, "ksimage diff v3.3.2"),
        (("build", "v3.3.2", "v3.3.1"), DIFF, "ksimage diff RELEASE"),
        (
            ("check", "v3.3.2", "--verbose=3", "--insecure"),
            "ksimage build v3.3.2 --push --replace",
            "ksimage build v3.3.2 --push --replace --verbose=3 --insecure",
        ),
        (
            ("build", "v3.3.2", "--patch", "a.patch", "--patch", "b.patch"),
            DIFF,
            "ksimage diff v3.3.2 --patch a.patch --patch b.patch",
        ),
        (("build", "v3.3.2", "--from", "oci:x"), "ksimage patches list", "ksimage patches list"),
        (("build", "v3.3.2", "--from", "oci:x"), "add --replace", "add --replace"),
        (
            ("build", "v3.3.2", "--push", "--insecure", "--tag", "x", "--verbose=3"),
            "ksimage rollout harbor.lan/p/ks-installer:x",  # whose --tag and --verbosity are others
            "ksimage rollout harbor.lan/p/ks-installer:x --insecure",
        ),
        (
            ("status", "-n", "ks", "--context", "c"),
            "kubectl -n kubesphere-system get pods",
            "kubectl --context c -n ks get pods",
        ),
        (
            ("status", "-n", "ks"),
            "look: kubectl --namespace kubesphere-system get pods",
            "look: kubectl --namespace ks get pods",
        ),
        (
            ("status",),
            "kubectl -n kubesphere-system get pods",
            "kubectl -n kubesphere-system get pods",
        ),
        (
            ("build", "v3.3.2", "--from", "oci:x"),
            "ksimage build v3.3.1 --from oci:y  (another)",
            "ksimage build v3.3.1 --from oci:y  (another)",
        ),
    ],
)
def test_a_line(typed: tuple[str, ...], line: str, shown: str) -> None:
    assert completed(line, *typed).endswith(shown)


def test_the_release_of_a_part_of_several() -> None:
    assert completed(DIFF, "build", "v3.3.2", "v3.3.1", release="v3.3.1").endswith("diff v3.3.1")


def test_a_login_is_never_in_it(run: Run) -> None:
    shown = completed(DIFF, "build", "v3.3.2", "--username", "somebody")
    assert "somebody" not in shown and "--username" not in shown


def test_outside_of_a_command_a_line_stays() -> None:
    assert completer()(DIFF, "") == DIFF


def test_it_can_be_split_into_words() -> None:
    line = completed(DIFF, "build", "v3.3.2", "--from", "oci:it's $HOME")
    assert shlex.split(line)[-1] == "oci:it's $HOME"
