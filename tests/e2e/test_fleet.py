"""A team's releases in a real registry: built once, and again only when something changed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.e2e.conftest import Base
from tests.support.images import Recipe, layout
from tests.support.program import MINIATURE_HOOK, ksimage, start
from tests.support.registry import RunningRegistry, start_registry, stop_registry
from tests.support.relay import Relay

from ksimage.build import reproduce
from ksimage.config.resolve import resolve
from ksimage.locations import access, spec, transfer
from ksimage.locations.options import RegistryOptions

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

RELEASES = (
    "v3.0.0", "v3.1.0", "v3.1.1", "v3.2.0", "v3.2.1", "v3.3.0", "v3.3.1", "v3.3.2", "v3.4.0",
    "v3.4.1",
)  # fmt: skip
READING = {"GET", "HEAD"}


def hook(release: str) -> bytes:
    """Upstream's with KS_INSTALLER_REPO (a clone); without it the miniature's, made distinct."""
    clone = os.environ.get("KS_INSTALLER_REPO")
    if not clone:
        return MINIATURE_HOOK.read_bytes() + f"\n# {release}\n".encode()
    command = ["git", "-C", clone, "show", f"{release}:controller/installRunner.py"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def put_base(registry: RunningRegistry, folder: Path, release: str, *, seed: int = 1) -> str:
    """Push an upstream-like base of two platforms; another seed is another image. Its digest."""
    images = [
        Recipe(
            release,
            hook(release),
            shape="add" if release < "v3.3" else "chown",
            architecture=architecture,
            # what the platforms and releases share, and what is this image's alone
            padding=1 << 20,
            seed=number,
            labels={"maintainer": "kubesphere", "build": str(seed)},
        )
        for number, architecture in enumerate(("amd64", "arm64"))
    ]
    made = Base(folder / release / str(seed), layout(folder / release / str(seed), *images))
    return copy(made.location, f"{registry.address}/kubesphereio/ks-installer:{release}")


def copy(source: str, target: str) -> str:
    """Put an image under a name, whatever the name held; the digest."""
    opened, place = access.open_source(spec.parse(source)), access.open_target(spec.parse(target))
    try:
        return transfer.copy(opened, place).digest
    finally:
        opened.close()
        place.close()


def digest(name: str) -> str | None:
    """What a tag holds, or None."""
    held = access.open_target(spec.parse(name)).held()
    return held.digest if held else None


@dataclass(frozen=True)
class Fleet:
    """A registry with the bases, and a folder with ksimage.yaml."""

    registry: RunningRegistry
    folder: Path

    def configure(self, project: str, *releases: str, more: str = "", address: str = "") -> Path:
        """Write a configuration whose results go into ``project``; its folder."""
        work = self.folder / project
        work.mkdir(exist_ok=True)
        address = address or self.registry.address
        (work / "ksimage.yaml").write_text(
            f"source: {address}/kubesphereio\n"
            f"target: {address}/{project}\n"
            f"releases: {json.dumps(releases or RELEASES)}\n"
            f"verbosity: 5\n{more}"
        )
        return work

    def name(self, project: str, release: str) -> str:
        return f"{self.registry.address}/{project}/ks-installer:{release}-debug"

    def asked(self) -> Counter[str]:
        """Requests by method since the last call."""
        return Counter(request.method for request in self.registry.requests())


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    folder = tmp_path_factory.mktemp("fleet")
    running = start_registry(folder / "registry")
    try:
        for release in RELEASES:
            put_base(running, folder / "bases", release)
        yield Fleet(running, folder)
    finally:
        stop_registry(running)


@pytest.fixture(scope="module")
def built(fleet: Fleet) -> Path:
    """The folder of a project in which everything is built."""
    work = fleet.configure("stocked")
    states = build_all(work)
    assert states == dict.fromkeys(RELEASES, "built")
    return work


def build_all(work: Path, *options: str, code: int = 0) -> dict[str, str]:
    """``build --all``; each release's state."""
    run = ksimage("--output", "json", "build", "--all", "--push", *options, cwd=work)
    assert run.code == code, run.stderr
    return {row["release"]: row["state"] for row in run.document["builds"]}


def check(work: Path) -> tuple[int, dict[str, str]]:
    """``check``; its exit code, and the state of every release that is not up to date."""
    run = ksimage("check", "--format", "json", cwd=work)
    states = {row["release"]: row["state"] for row in run.document["images"]}
    assert list(states) == list(RELEASES)
    return run.code, {name: state for name, state in states.items() if state != "up to date"}


def outdated(work: Path) -> list[str]:
    """The releases of ``matrix --only-outdated``."""
    run = ksimage("matrix", "--only-outdated", "--format", "github", cwd=work).ok()
    assert "\n" not in run.stdout.rstrip("\n")
    return [row["release"] for row in run.document["include"]]


def test_second_run_writes_nothing(fleet: Fleet) -> None:
    work = fleet.configure("twice")
    assert outdated(work) == list(RELEASES)
    fleet.asked()
    began = time.monotonic()
    assert build_all(work) == dict.fromkeys(RELEASES, "built")
    first, first_seconds = fleet.asked(), time.monotonic() - began
    held = {release: digest(fleet.name("twice", release)) for release in RELEASES}
    fleet.asked()
    began = time.monotonic()
    assert build_all(work) == dict.fromkeys(RELEASES, "up to date")
    second, second_seconds = fleet.asked(), time.monotonic() - began
    assert set(second) <= READING
    assert second.total() < first.total()
    # an index, two manifests, two configs, a look at the tag, and each platform's layer with the
    # hook and that of WORKDIR; all that are above it where a hook is not upstream's
    most = 10 if "KS_INSTALLER_REPO" in os.environ else 16
    assert second.total() <= most * len(RELEASES)
    assert held == {release: digest(fleet.name("twice", release)) for release in RELEASES}
    print(f"first run: {first_seconds:.1f} s, {first.total()} requests {dict(first)}")
    print(f"second run: {second_seconds:.1f} s, {second.total()} requests {dict(second)}")


def test_shared_blobs_are_mounted_once(fleet: Fleet) -> None:
    work = fleet.configure("once")
    fleet.registry.requests()
    build_all(work, "--jobs=8")
    asked = fleet.registry.requests()
    mounts = Counter(r.path for r in asked if r.method == "POST" and "mount=" in r.path)
    assert set(mounts.values()) == {1}
    sent = Counter(r.path for r in asked if r.method == "HEAD" and "/once/" in r.path)
    blobs = {path: count for path, count in sent.items() if "/blobs/" in path}
    assert set(blobs.values()) == {1}


def test_check_moves_no_layers(fleet: Fleet, built: Path) -> None:
    fleet.registry.requests()
    assert check(built) == (0, {})
    asked = fleet.registry.requests()
    assert {request.method for request in asked} <= READING
    sizes = [blob(fleet, request.path) for request in asked if "/blobs/" in request.path]
    assert sizes
    assert max(sizes) < 16 << 10, "configs are small, layers are not"
    assert outdated(built) == []


def blob(fleet: Fleet, path: str) -> int:
    return fleet.registry.blob_path(path.rpartition("/")[2]).stat().st_size


def test_every_image_can_be_reproduced(
    fleet: Fleet, built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = resolve({}, {}, Path(os.devnull), built)
    for release in RELEASES:
        location = spec.parse(fleet.name("stocked", release))
        compared = reproduce.reproduce(location, settings, options=lambda _: RegistryOptions())
        assert compared, compared.differences
    run = ksimage("reproduce", fleet.name("stocked", "v3.3.2"), cwd=built).ok()
    assert run.reference == digest(fleet.name("stocked", "v3.3.2"))


def test_exactly_the_moved_base_is_rebuilt(fleet: Fleet) -> None:
    work = fleet.configure("moving")
    build_all(work)
    before = {release: digest(fleet.name("moving", release)) for release in RELEASES}
    put_base(fleet.registry, fleet.folder / "bases", "v3.2.1", seed=2)
    try:
        assert check(work) == (12, {"v3.2.1": "outdated"})
        assert outdated(work) == ["v3.2.1"]
        states = build_all(work, "--replace")
        assert states == {**dict.fromkeys(RELEASES, "up to date"), "v3.2.1": "built"}
        after = {release: digest(fleet.name("moving", release)) for release in RELEASES}
        assert {name for name in RELEASES if after[name] != before[name]} == {"v3.2.1"}
        assert digest(f"{fleet.name('moving', 'v3.2.1')}-orig") == before["v3.2.1"]
        assert check(work) == (0, {})
        assert outdated(work) == []
    finally:
        put_base(fleet.registry, fleet.folder / "bases", "v3.2.1")


def test_changed_settings_are_found(fleet: Fleet, built: Path) -> None:
    fleet.configure("stocked", more="patches: {with: [early-config]}\n")
    try:
        code, states = check(built)
        assert code == 12
        assert set(states.values()) == {"outdated"}
    finally:
        fleet.configure("stocked")
    assert check(built) == (0, {})


def test_overwritten_tag_is_found(fleet: Fleet) -> None:
    work = fleet.configure("overwritten")
    build_all(work)
    name = fleet.name("overwritten", "v3.1.1")
    # what KubeKey does when it pushes an artifact's images again
    copy(f"{fleet.registry.address}/kubesphereio/ks-installer:v3.1.1", name)
    assert check(work) == (12, {"v3.1.1": "overwritten"})
    assert outdated(work) == ["v3.1.1"]
    refused = ksimage("build", "--all", "--push", cwd=work)
    assert refused.code == 15
    assert name in refused.stderr
    states = build_all(work, "--replace")
    assert states == {**dict.fromkeys(RELEASES, "up to date"), "v3.1.1": "built"}
    assert check(work) == (0, {})


def test_a_failing_release_does_not_stop_the_others(fleet: Fleet) -> None:
    work = fleet.configure("failing", "v3.2.0", "v3.3.2-rc.2", "v3.3.2")  # no such base
    states = build_all(work, "--jobs=1", code=15)
    assert states == {"v3.2.0": "built", "v3.3.2-rc.2": "failed", "v3.3.2": "built"}
    assert digest(fleet.name("failing", "v3.3.2-rc.2")) is None
    assert digest(fleet.name("failing", "v3.3.2"))


def test_fail_fast(fleet: Fleet) -> None:
    work = fleet.configure("fast", "v3.2.0", "v3.3.2-rc.2", "v3.3.2")
    states = build_all(work, "--jobs=1", "--fail-fast", code=15)
    assert states == {"v3.2.0": "built", "v3.3.2-rc.2": "failed", "v3.3.2": "not run"}
    assert digest(fleet.name("fast", "v3.3.2")) is None


def test_interrupt_leaves_every_tag_whole(fleet: Fleet, tmp_path: Path) -> None:
    slow = Relay(fleet.registry.port, delay=0.004)
    try:
        work = fleet.configure("interrupted", address=slow.address)
        (work / "ksimage.yaml").write_text(
            (work / "ksimage.yaml")
            .read_text()
            .replace(f"target: {slow.address}", f"target: {fleet.registry.address}")
        )
        process = start("build", "--all", "--push", cwd=work)
        assert process.stderr is not None
        for line in process.stderr:
            if " written, " in line:  # the first is done
                break
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    finally:
        slow.stop()
    assert process.returncode == 130, errors
    assert "Traceback" not in errors
    held = {release: digest(fleet.name("interrupted", release)) for release in RELEASES}
    done = [release for release in RELEASES if held[release]]
    assert done
    assert len(done) < len(RELEASES)
    for release in done:
        base = f"{fleet.registry.address}/kubesphereio/ks-installer:{release}"
        ksimage("verify", fleet.name("interrupted", release), "--base", base, cwd=tmp_path).ok()
    work = fleet.configure("interrupted")
    assert set(build_all(work, "--replace")) == set(RELEASES)
    assert check(work) == (0, {})
