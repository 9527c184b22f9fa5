"""What `docker commit` makes of a running installer: refused, and repaired by either engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.e2e.conftest import Base, Shape
from tests.support.engine import Engine
from tests.support.images import HOOK_PATH
from tests.support.program import ksimage

from ksimage.locations import access, spec, transfer

pytestmark = pytest.mark.e2e

WHOLE, BROKEN = "commit/ks-installer:v3.3.2", "commit/ks-installer:broken"


@pytest.fixture
def committed(clean_engine: Engine, runnable_base: Callable[[Shape], Base]) -> Engine:
    source = access.open_source(spec.parse(runnable_base("chown").location))
    archive = clean_engine.folder / "whole.tar"
    target = access.open_target(spec.parse(f"docker-archive:{archive}:{WHOLE}"))
    transfer.copy(source, target)
    target.close()
    source.close()
    clean_engine.docker("load", "-i", str(archive))
    archive.unlink()
    container = clean_engine.docker(
        "create", "--network=none", "--entrypoint", "/usr/bin/env", "--user", "0", WHOLE, "true"
    )
    clean_engine.docker("start", "-a", container)
    clean_engine.docker("commit", container, BROKEN)
    clean_engine.docker("rm", container)
    return clean_engine


def test_committed_container(committed: Engine, tmp_path: Path) -> None:
    env = {"DOCKER_HOST": committed.host}
    build = ("build", f"docker-daemon:{BROKEN}", "--output", "json")
    refused = ksimage(*build, "--to", "oci:out:x", cwd=tmp_path, env=env)
    assert refused.code == 11
    assert refused.document["error"]["kind"] == "base-broken"
    whole = json.loads(committed.docker("inspect", WHOLE))[0]["Config"]
    for engine in ("docker", "direct"):
        name = f"repaired-{engine}/ks-installer:v3.3.2-debug"
        more = ("--repair", "--engine", engine, "--to", f"docker-daemon:{name}")
        ksimage(*build, *more, cwd=tmp_path, env=env).ok()
        made = json.loads(committed.docker("inspect", name))[0]["Config"]
        for key in ("Entrypoint", "Cmd", "User", "WorkingDir"):
            assert made[key] == whole[key], (engine, key)
        assert made["Labels"]["io.ksimage.repaired"] == "entrypoint user"
        # as a pod would start it, by way of the entrypoint
        answer = committed.run(name, "--config", entrypoint=f"/{HOOK_PATH}")
        assert committed.run(name) == answer
