"""What a build is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

import pytest

from ksimage.cli.input.invocation import Invocation
from ksimage.cli.input.order import (
    Order,
    Work,
    check_releases,
    ensure_project,
    releases,
    require_distinct,
    work,
)
from ksimage.cli.output.terminal import Terminal
from ksimage.config.settings import ReleaseChoice, Settings
from ksimage.errors import BadReference, UnknownRelease, UsageError
from ksimage.harbor import api
from ksimage.locations import spec

DIGEST = "sha256:" + "a" * 64
LISTED = Settings(releases=(ReleaseChoice("v3.3.2", DIGEST), ReleaseChoice(">=3.4,<3.5")))


def order(to: str | None = None, **settings: Any) -> Order:
    class Run:
        def __init__(self) -> None:
            self.settings = Settings(**settings)

    return Order(cast("Invocation", Run()), to=to, push=False, replace=False)


def test_names_are_upstreams_each_once_and_pinned() -> None:
    assert work(["3.3.2", "v3.3.2", "v3.3.1"], False, LISTED) == [
        Work("v3.3.2", DIGEST),
        Work("v3.3.1"),
    ]
    assert work(["harbor.lan/x/y:z"], False, LISTED) == [Work("harbor.lan/x/y:z")]


def test_all_is_what_the_settings_list() -> None:
    assert [item.what for item in work([], True, LISTED)] == ["v3.3.2", "v3.4.0", "v3.4.1"]


@pytest.mark.parametrize(
    ("names", "everything", "settings", "error"),
    [
        (["v3.3.2"], True, LISTED, UsageError),
        ([], True, Settings(), UsageError),
        ([], False, LISTED, UsageError),
        (["v3.3.2", "v9"], False, LISTED, UnknownRelease),
        (["v3.3.2", "a b/c:d"], False, LISTED, BadReference),
    ],
)
def test_refused_before_any_work(
    names: list[str], everything: bool, settings: Settings, error: type[Exception]
) -> None:
    with pytest.raises(error):
        work(names, everything, settings)


@pytest.mark.parametrize(
    ("to", "settings"),
    [("oci-archive:a.tar", {}), ("oci:out:x", {}), (None, {"tag": "x"}), ("h.lan/a/b:c", {})],
)
def test_one_build_in_the_place_of_another(to: str | None, settings: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match="several images cannot"):
        require_distinct(order(to, **settings))


@pytest.mark.parametrize("to", [None, "oci:out", "h.lan/a", "docker-daemon:x"])
def test_each_in_a_place_of_its_own(to: str | None) -> None:
    require_distinct(order(to))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Invocation:
    monkeypatch.chdir(tmp_path)
    for name in ("KSIMAGE_TARGET", "KSIMAGE_FROM", "KSIMAGE_SOURCE"):
        monkeypatch.delenv(name, raising=False)
    return Invocation(Terminal(), {})


def test_names_as_people_type_them(run: Invocation) -> None:
    assert [one.what for one in releases(run, ["3.3.2", "v3.4.1"])] == [
        "v3.3.2", "v3.4.1",
    ]  # fmt: skip
    with pytest.raises(UnknownRelease):
        releases(run, ["v9.9.9"])


def test_nowhere_to_look(run: Invocation) -> None:
    with pytest.raises(UsageError) as raised:
        check_releases(run, ["v3.3.2"])
    assert raised.value.advice[0].startswith("--target")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[tuple[str, bool]]:
    monkeypatch.chdir(tmp_path)
    found: list[tuple[str, bool]] = []

    def ensure(reference: Any, options: Any, *, public: bool) -> str:
        found.append((str(reference), public))
        return "made"

    monkeypatch.setattr(api, "ensure", ensure)
    return found


@pytest.mark.parametrize(
    ("place", "visibility", "expected"),
    [
        ("harbor.lan/p/r:v1", "public", [("harbor.lan/p/r:v1", True)]),
        ("harbor.lan/p/r:v1", "private", [("harbor.lan/p/r:v1", False)]),
        ("harbor.lan/p/r:v1", None, []),
        ("oci:folder", "public", []),
    ],
)
def test_what_harbor_is_asked_for(
    asked: list[tuple[str, bool]], place: str, visibility: str | None, expected: object
) -> None:
    ensure_project(Invocation(Terminal(), {}), spec.parse(place), visibility)
    assert asked == expected
