"""The rendered CI files, their scripts run for real against a registry that wants a login."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pytest
import yaml
from tests.support import requires
from tests.support.ci_runner import Failed, GitHub, GitLab
from tests.support.images import Recipe, layout
from tests.support.registry import PASSWORD, USER, RunningRegistry, start_registry, stop_registry

from ksimage.ci import starter
from ksimage.ci.detect import System
from ksimage.config.resolve import resolve
from ksimage.images.reference import Reference
from ksimage.locations import access, spec, transfer
from ksimage.locations.options import RegistryOptions

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(600)]

TOP = Path(__file__).parents[2]
HOOK = TOP / "examples" / "mini" / "hooks" / "kubesphere" / "installRunner.py"
RELEASES = ("v3.3.2", "v3.4.1")
SECRETS = {"KSIMAGE_USERNAME": USER, "KSIMAGE_PASSWORD": PASSWORD}


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """ksimage's wheel and those it needs, for jobs that install it."""
    folder = tmp_path_factory.mktemp("wheels")
    made = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--wheel-dir", str(folder), str(TOP)],
        capture_output=True,
        text=True,
    )
    requires.condition(made.returncode == 0, f"pip cannot make wheels: {made.stderr[-300:]}")
    return folder


@pytest.fixture
def bases(tmp_path: Path) -> Iterator[RunningRegistry]:
    """A registry with a login that holds the base images of RELEASES."""
    registry = start_registry(tmp_path / "registry", auth="htpasswd")
    try:
        for number, release in enumerate(RELEASES):
            put_base(registry, tmp_path / f"base{number}", release, seed=number + 1)
        yield registry
    finally:
        stop_registry(registry)


def put_base(registry: RunningRegistry, folder: Path, release: str, *, seed: int) -> None:
    """Push an upstream-like base; another seed is another image with the same hook."""
    recipe = Recipe(release=release, hook=HOOK.read_bytes(), seed=seed, padding=1 << 16)
    layout(folder, recipe, ref=release)
    source = access.open_source(spec.parse(f"oci:{folder}:{release}"))
    target = access.open_target(
        spec.parse(f"{registry.address}/kubesphereio/ks-installer:{release}"),
        options=RegistryOptions(username=USER, password=PASSWORD),
    )
    try:
        transfer.copy(source, target)
    finally:
        source.close()
        target.close()


def digest(registry: RunningRegistry, tag: str) -> str | None:
    """What a tag holds, or None."""
    reference = Reference(registry.address, "kubesphereio/ks-installer", tag)
    target = access.open_target(
        spec.parse(str(reference)), options=RegistryOptions(username=USER, password=PASSWORD)
    )
    try:
        held = target.held()
    finally:
        target.close()
    return held.digest if held else None


def project(folder: Path, registry: RunningRegistry, system: System) -> str:
    """A checked-out repository with what ``ksimage init`` writes; the workflow's text."""
    flags = {
        "source": f"{registry.address}/kubesphereio",
        "releases": list(RELEASES),
        "verbosity": 5,
    }
    settings = resolve(flags, {}, Path(os.devnull), folder)
    starter.write(starter.files(settings, system), folder)
    path = starter.WORKFLOWS[system][0]
    return (folder / path).read_text()


def path_with_ksimage() -> str:
    return f"{Path(sys.executable).parent}:{os.environ['PATH']}"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "checkout"
    folder.mkdir()
    return folder


def test_github(
    bases: RunningRegistry,
    checkout: Path,
    tmp_path: Path,
    wheels: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    text = project(checkout, bases, System.GITHUB)
    # Not the PATH with ksimage: the jobs must install it themselves.
    runner = GitHub(checkout, tmp_path / "first", SECRETS, os.environ["PATH"])
    first = runner.workflow(text)
    assert [ran.name for ran in first] == ["plan", "build v3.3.2", "build v3.4.1"]
    for ran, release in zip(first[1:], RELEASES, strict=True):
        held = digest(bases, f"{release}-debug")
        assert held
        assert held in (ran.folder / "image-refs.txt").read_text()
        assert held in (ran.folder / "metadata.json").read_text()
        assert held in ran.summary
    assert all(PASSWORD not in ran.log + ran.summary for ran in first)

    installed = frozenset({"Install ksimage"})
    again = GitHub(checkout, tmp_path / "second", SECRETS, runner.path, skip=installed)
    second = again.workflow(text)
    assert [ran.name for ran in second] == ["plan"]
    assert second[0].outputs == {"matrix": '{"include":[]}', "count": "0"}

    put_base(bases, tmp_path / "moved", "v3.4.1", seed=7)
    moved = GitHub(checkout, tmp_path / "third", SECRETS, runner.path, skip=installed)
    third = moved.workflow(text)
    assert [ran.name for ran in third] == ["plan", "build v3.4.1"]


def test_github_without_secrets_says_so(
    bases: RunningRegistry, checkout: Path, tmp_path: Path
) -> None:
    workflow = yaml.safe_load(project(checkout, bases, System.GITHUB))
    plan = workflow["jobs"]["plan"]
    steps = [step for step in plan["steps"] if step.get("id") == "matrix"]
    runner = GitHub(checkout, tmp_path / "jobs", {}, path_with_ksimage())
    with pytest.raises(Failed, match=r"anonymous client(?s:.*)::error title=ChecksFailed"):
        runner.steps("plan", steps, {})


def test_gitlab(bases: RunningRegistry, checkout: Path, tmp_path: Path) -> None:
    text = project(checkout, bases, System.GITLAB)
    runner = GitLab(checkout, SECRETS, path_with_ksimage())
    first = runner.pipeline(text)
    assert [ran.name for ran in first] == ["plan", "ksimage v3.3.2", "ksimage v3.4.1"]
    for release in RELEASES:
        assert digest(bases, f"{release}-debug")
    assert all(PASSWORD not in ran.log for ran in first)
    second = runner.pipeline(text)
    assert [ran.name for ran in second] == ["plan", "ksimage up to date"]
    put_base(bases, tmp_path / "moved", "v3.3.2", seed=7)
    assert [ran.name for ran in runner.pipeline(text)] == ["plan", "ksimage v3.3.2"]


def action_steps(inputs: dict[str, str]) -> tuple[list[dict[str, object]], dict[str, str]]:
    action = yaml.safe_load((TOP / "action.yml").read_text())
    values = {name: entry["default"] for name, entry in action["inputs"].items()} | inputs
    context = {f"inputs.{name}": value for name, value in values.items()}
    build = [step for step in action["runs"]["steps"] if step.get("id") == "build"]
    return build, context


@pytest.mark.parametrize("releases", ["v3.3.2", " v3.4.1\n v3.3.2 ", "all"])
def test_action(releases: str, bases: RunningRegistry, checkout: Path, tmp_path: Path) -> None:
    steps, context = action_steps(
        {
            "releases": releases,
            "source": f"{bases.address}/kubesphereio",
            "verbosity": "3",
            "username": USER,
            "password": PASSWORD,
        }
    )
    if releases == "all":
        (checkout / "ksimage.yaml").write_text(f"releases: [{', '.join(RELEASES)}]\n")
    runner = GitHub(checkout, tmp_path / "action", {}, path_with_ksimage())
    ran = runner.steps("action", steps, context)
    wanted = sorted(RELEASES) if releases == "all" else sorted(releases.split())
    lines = context["steps.build.outputs.image-refs"].split()
    held = [digest(bases, f"{release}-debug") for release in wanted]
    assert sorted(line.partition("@")[2] for line in lines) == sorted(str(item) for item in held)
    builds = json.loads(context["steps.build.outputs.metadata"])["builds"]
    assert sorted(build["release"] for build in builds) == wanted
    assert PASSWORD not in ran.log


def test_action_reports_what_was_made_beside_a_failure(
    bases: RunningRegistry, checkout: Path, tmp_path: Path
) -> None:
    steps, context = action_steps(
        {
            "releases": "v3.3.2 v3.2.1",
            "source": f"{bases.address}/kubesphereio",
            "username": USER,
            "password": PASSWORD,
        }
    )
    runner = GitHub(checkout, tmp_path / "action", {}, path_with_ksimage())
    with pytest.raises(Failed):
        runner.steps("action", steps, context)
    assert str(digest(bases, "v3.3.2-debug")) in context["steps.build.outputs.image-refs"]


def test_paths_are_those_of_the_systems() -> None:
    assert starter.WORKFLOWS[System.GITHUB][0] == PurePosixPath(".github/workflows/ksimage.yml")
    assert starter.WORKFLOWS[System.GITLAB][0] == PurePosixPath(".gitlab-ci.yml")
