"""What becomes of a name that held something, and of nodes that pulled it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.conftest import Base, Shape, names
from tests.e2e.test_docker_engine import load
from tests.support import derived
from tests.support.engine import Engine
from tests.support.program import ksimage
from tests.support.registry import RunningRegistry

pytestmark = pytest.mark.e2e

TAG = "kubesphere/ks-installer:v3.3.2"


@pytest.fixture
def base(runnable_base: Callable[[Shape], Base]) -> Base:
    return runnable_base("chown")


def test_a_tag_that_is_replaced_warns_of_nodes_that_keep_the_earlier_one(
    registry: RunningRegistry, tmp_path: Path
) -> None:
    """KubeKey's Deployment says IfNotPresent: what to type next must not be the tag."""
    project = f"{registry.address}/pulled"
    tag = f"{project}/ks-installer:v3.3.2"
    derived.copied(derived.opened(derived.base(tmp_path / "base")), tag)
    words = ("build", "v3.3.2", "--from", project, "--to", tag, "--replace")
    done = ksimage(*words, cwd=tmp_path).ok()
    warnings = [line for line in done.stderr.splitlines() if line.startswith("warning")]
    assert any("IfNotPresent" in line and "deploy the digest" in line for line in warnings)
    digest = done.reference.partition("@")[2]
    following = done.stderr.partition("next:")[2]
    assert following, done.stderr
    for line in following.strip().splitlines():
        assert digest in line or not re.search(rf"{re.escape(tag)}\b(?!-)", line), line
    assert digest in following

    new = ksimage(*words[:-2], f"{tag}-new", cwd=tmp_path).ok()  # a new tag reaches every node
    assert "IfNotPresent" not in new.stderr


@pytest.mark.parametrize("engine", ["docker", "direct"])
def test_an_engines_image_under_its_own_name_is_never_lost(
    clean_engine: Engine, base: Base, tmp_path: Path, engine: str
) -> None:
    """Source and destination are one name: an engine holds several, so the source gets another."""
    env: dict[str, str | None] = {"DOCKER_HOST": clean_engine.host}
    load(base, TAG, tmp_path, env)
    before = clean_engine.docker("inspect", "--format={{.Id}}", TAG)
    place = f"docker-daemon:{TAG}"
    words = ("build", "v3.3.2", "--from", place, "--to", place, "--engine", engine)
    refused = ksimage(*words, cwd=tmp_path, env=env)
    assert refused.code == 10, refused.stderr
    assert f"{place} already holds another image" in refused.stderr
    assert "it is the base, not patched" in refused.stderr
    assert f"{TAG}-orig" in refused.stderr
    assert clean_engine.docker("inspect", "--format={{.Id}}", TAG) == before

    done = ksimage(*words, "--replace", "--output", "json", cwd=tmp_path, env=env).ok()
    assert clean_engine.docker("inspect", "--format={{.Id}}", f"{TAG}-orig") == before
    now = clean_engine.docker("inspect", "--format={{.Id}}", TAG)
    assert now in done.document["result"]["image_ids"].values()
    labels = json.loads(clean_engine.docker("inspect", "--format={{json .Config.Labels}}", TAG))
    assert labels["io.ksimage.release"] == "v3.3.2"

    # what verify says of an engine's image: the base is beside it, under the release's own tag
    ksimage("build", "v3.3.2", "--from", f"{place}-orig", "--to", f"{place}-debug", cwd=tmp_path,
            env=env).ok()  # fmt: skip
    clean_engine.docker("tag", f"{TAG}-orig", TAG)
    ksimage("verify", f"{place}-debug", cwd=tmp_path, env=env).ok()
    ksimage(*words, "--replace", cwd=tmp_path, env=env).ok()

    held = names(clean_engine)
    ksimage(*words, "--verbose=4", "--replace", cwd=tmp_path, env=env).ok()
    assert clean_engine.docker("inspect", "--format={{.Id}}", f"{TAG}-orig") == before
    assert names(clean_engine) == held
