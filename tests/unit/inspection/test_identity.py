"""What an image is: its hook decides, its labels have to agree."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any, cast

import pytest

from ksimage.base.images import PlatformImage
from ksimage.hook.layers import Hook
from ksimage.inspection.identity import Origin, identify
from ksimage.upstream import releases

DATA = b"a hook"
SHA = hashlib.sha256(DATA).hexdigest()
UPSTREAM = next(r for r in releases.all_releases() if r.tag == "v3.3.2").sha256


def judged(labels: Mapping[str, str], data: bytes = DATA) -> Any:
    image = cast(PlatformImage, SimpleNamespace(config={"config": {"Labels": labels}}))
    return identify(image, Hook(data, 0o755, 0, 0, ""))


def ours(**changes: str) -> dict[str, str]:
    labels = {
        "version": "1.0",
        "release": "v3.3.2",
        "patches": "unquiet@sha256:ab verbosity@sha256:cd",
        "hook.before": UPSTREAM,
        "hook.after": SHA,
        **changes,
    }
    return {f"io.ksimage.{key}": value for key, value in labels.items()}


def test_ours() -> None:
    found = judged(ours())
    assert found.origin is Origin.KSIMAGE
    assert (found.release, found.version) == ("v3.3.2", "1.0")
    assert str(found) == "ksimage 1.0 build of v3.3.2 (unquiet, verbosity)"


def test_foreign() -> None:
    found = judged({"maintainer": "x", "org.opencontainers.image.base.name": "y"})
    assert found.origin is Origin.FOREIGN
    assert (found.release, found.patches, found.version) == ("unknown", (), "")


def test_pristine(monkeypatch: pytest.MonkeyPatch) -> None:
    known = [r for r in releases.all_releases() if r.tag in ("v3.3.2", "v3.3.2-patch.0")]
    monkeypatch.setattr(releases, "by_hook", lambda sha: tuple(known) if sha == SHA else ())
    for labels in ({}, ours(), ours(**{"hook.after": "x"})):
        found = judged(labels)
        assert found.origin is Origin.PRISTINE, "whatever the labels say"
        assert set(found.releases) == {"v3.3.2", "v3.3.2-patch.0"}
        assert found.patches == () and found.version == ""
        assert "pristine" in str(found) and " or " in str(found)


@pytest.mark.parametrize(
    "changes",
    [
        {"hook.after": "0" * 64},
        {"release": "v3.4.1"},
        {"release": "v3.3.2\nRUN id"},
        {"release": "v9.9.9", "hook.before": "unknown"},
        {"version": ""},
        {"hook.before": ""},
    ],
)
def test_labels_that_do_not_fit(changes: dict[str, str]) -> None:
    found = judged(ours(**changes))
    assert found.origin is Origin.TAMPERED
    assert (found.release, found.patches, found.version) == ("unknown", (), "")
    assert "do not belong together" in str(found)


@pytest.mark.parametrize("release", ["", "unknown"])
def test_built_from_a_hook_of_nobody_known(release: str) -> None:
    found = judged(ours(release=release, **{"hook.before": "f" * 64}))
    assert found.origin is Origin.KSIMAGE
    assert found.release == "unknown"
