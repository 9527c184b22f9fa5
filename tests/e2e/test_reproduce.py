"""``reproduce`` on the real registry: the base is found by what the labels say, and pinned."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import derived
from tests.support.images import Family, Recipe
from tests.support.program import ksimage
from tests.support.registry import RunningRegistry

pytestmark = pytest.mark.e2e


def put_base(folder: Path, name: str, *, family: Family, index: bool, seed: int = 1) -> str:
    """Push a base, whatever the name held; the digest."""
    architectures = ("amd64", "arm64") if index else ("amd64",)
    images = [
        Recipe(family=family, architecture=architecture, padding=64, seed=seed)
        for architecture in architectures
    ]
    source = derived.opened(derived.base(folder / f"{seed}", *images))
    try:
        return derived.copied(source, name, overwrite=True).top.digest
    finally:
        source.close()


@pytest.mark.parametrize("index", [True, False], ids=["index", "single"])
@pytest.mark.parametrize("family", ["docker", "oci"])
def test_base_of_the_same_registry(
    registry: RunningRegistry, tmp_path: Path, family: Family, index: bool
) -> None:
    """The base is found without being named; when its tag has moved, by the digest in the labels.

    A Docker list can hold no annotation, so that nothing says which list the base was.
    """
    project = f"{registry.address}/reproduce-{family}-{index}".lower()
    base, image = f"{project}/ks-installer:v3.3.2", f"{project}/ks-installer:v3.3.2-debug"
    put_base(tmp_path, base, family=family, index=index)
    ksimage("build", "v3.3.2", "--from", project, "--push", "--verbose", cwd=tmp_path).ok()
    found = ksimage("reproduce", image, cwd=tmp_path).ok()
    assert f"base     {base}" in found.stderr

    put_base(tmp_path, base, family=family, index=index, seed=2)
    moved = ksimage("reproduce", image, cwd=tmp_path)
    if family == "docker" and index:
        assert moved.code == 13
        assert "linux/arm64: the base is another one: it was sha256:" in moved.stderr
        assert "linux/arm64: the base's layers differ" in moved.stderr
    else:
        moved.ok()
        assert f"{base}@sha256:" in moved.stderr


def test_base_in_another_registry_is_not_asked(registry: RunningRegistry, tmp_path: Path) -> None:
    """A label may name any host; only the user may send this program there."""
    base = f"{registry.address}/reproduce-far/ks-installer:v3.3.2"
    put_base(tmp_path, base, family="docker", index=False)
    built = f"oci:{tmp_path / 'out'}:x"
    ksimage("build", base, "--to", built, cwd=tmp_path).ok()
    registry.requests()
    here = ksimage("reproduce", built, cwd=tmp_path)
    assert here.code == 13
    assert f"its base is in a registry: {base}" in here.stderr
    assert registry.requests() == []
    ksimage("reproduce", built, "--base", base, cwd=tmp_path).ok()

    there = f"{registry.address.replace('127.0.0.1', 'localhost')}/reproduce-far/other:x"
    ksimage("build", base, "--to", there, cwd=tmp_path).ok()
    refused = ksimage("reproduce", there, cwd=tmp_path)
    assert refused.code == 13
    assert f"its base is in another registry: {base}" in refused.stderr
    ksimage("reproduce", there, "--base", base, cwd=tmp_path).ok()


def test_oci_copy_of_a_docker_base(registry: RunningRegistry, tmp_path: Path) -> None:
    """skopeo makes OCI of Docker: the same layers, but another base to build from."""
    project = f"{registry.address}/reproduce-copy"
    put_base(tmp_path, f"{project}/ks-installer:v3.3.2", family="docker", index=False)
    ksimage("build", "v3.3.2", "--from", project, "--push", cwd=tmp_path).ok()
    source = derived.opened(f"{project}/ks-installer:v3.3.2")
    try:
        derived.copied(source, f"oci:{tmp_path / 'copy'}:v3.3.2")
    finally:
        source.close()
    arguments = (f"{project}/ks-installer:v3.3.2-debug", "--base", f"oci:{tmp_path / 'copy'}")
    found = ksimage("reproduce", *arguments, cwd=tmp_path)
    assert found.code == 13
    assert "the base is another one" in found.stderr
    assert "manifest.v2+json is not application/vnd.oci.image.manifest.v1+json" in found.stderr
