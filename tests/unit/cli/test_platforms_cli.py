"""A platform's name means the same to every command, and picking one is no cause for a warning."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import derived
from tests.support.images import Recipe
from tests.unit.cli.conftest import Run

ARM64 = Recipe(architecture="arm64", variant_of_architecture="v8")


@pytest.fixture
def image(tmp_path: Path) -> str:
    return derived.base(tmp_path / "image", Recipe(), ARM64, attestations=True)


@pytest.mark.parametrize("name", ["arm64", "linux/arm64", "linux/arm64/v8"])
def test_one_meaning(run: Run, image: str, name: str) -> None:
    (shown,) = run("inspect", image, "--platform", name, "--output", "json").document["platforms"]
    assert shown["platform"] == "linux/arm64/v8"
    built = run("build", "v3.3.2", "--from", image, "--to", "oci:b:t", "--platform", name).ok()
    assert "(linux/arm64/v8)" in built.stderr
    run("push", "oci:b:t", "--to", "oci:c:t", "--platform", name).ok()
    run("verify", "oci:b:t", "--base", image, "--platform", name).ok()


@pytest.mark.parametrize("command", ["build", "inspect", "push"])
def test_no_platform(run: Run, image: str, command: str) -> None:
    more = {"push": ("--to", "oci:c:t")}.get(command, ())
    told = run(command, image, "--platform", "linux/", *more)
    assert told.code == 2 and "--platform: 'linux/' is not a platform" in told.stderr


def test_left_out_is_no_warning(run: Run, image: str) -> None:
    told = run("build", "v3.3.2", "--from", image, "--platform", "amd64", "--to", "oci:b:t").ok()
    (line,) = [line for line in told.stderr.splitlines() if "linux/arm64" in line]
    assert line.startswith("left out linux/arm64/v8 sha256:") and "--platform" in line
    assert "warning: dropped from the index: attestation" in told.stderr
