"""``check`` and ``matrix --only-outdated`` on a real registry, as a pipeline reads them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from tests.support import derived
from tests.support.images import Recipe
from tests.support.program import Finished, ksimage
from tests.support.registry import RunningRegistry
from tests.support.runner_log import obeyed

import ksimage as package

pytestmark = pytest.mark.e2e

RELEASES = ("v3.3.2", "v3.4.1")
HOSTILE = "\x1b]0;owned\x07\n::error::pwned ##[add-mask]pwned"


class Project:
    """A folder with ksimage.yaml; bases and results in a registry."""

    def __init__(self, registry: RunningRegistry, folder: Path, name: str) -> None:
        self.folder = folder
        self.source, self.target = (f"{registry.address}/{name}-{end}" for end in ("in", "out"))
        for number, release in enumerate(RELEASES):
            self.put_base(release, seed=number)
        self.configure(*RELEASES)

    def configure(self, *releases: str) -> None:
        (self.folder / "ksimage.yaml").write_text(
            f"source: {self.source}\ntarget: {self.target}\nreleases: {json.dumps(releases)}\n"
        )

    def put_base(self, release: str, *, seed: int) -> None:
        place = self.folder / "bases" / f"{release}-{seed}"
        source = derived.opened(derived.base(place, Recipe(padding=64, seed=seed)))
        try:
            derived.copied(source, f"{self.source}/ks-installer:{release}", overwrite=True)
        finally:
            source.close()

    def name(self, release: str) -> str:
        return f"{self.target}/ks-installer:{release}-debug"

    def run(self, *arguments: str, **env: str) -> Finished:
        return ksimage(*arguments, cwd=self.folder, env=env)


@pytest.fixture
def project(registry: RunningRegistry, tmp_path: Path, request: pytest.FixtureRequest) -> Project:
    name = request.node.name.partition("[")[0].removeprefix("test_").replace("_", "-")
    return Project(registry, tmp_path, name)


def rows(text: str) -> dict[str, tuple[str, ...]]:
    """The table of ``check`` by release: state, image, reason."""
    header, *lines = text.splitlines()
    starts = [header.index(word) for word in ("state", "image", "reason")]
    return {
        line.split()[0]: tuple(
            line[start:end].strip() for start, end in zip(starts, [*starts[1:], None], strict=True)
        )
        for line in lines
    }


def test_from_nothing_to_up_to_date(project: Project) -> None:
    first = project.run("check")
    assert first.code == 12
    assert rows(first.stdout)["v3.3.2"] == ("not built yet", project.name("v3.3.2"), "")
    assert "2 of 2 images need a build: v3.3.2, v3.4.1" in first.stderr
    pipeline = yaml.safe_load(
        project.run("matrix", "--only-outdated", "--format", "gitlab").ok().stdout
    )
    assert list(pipeline) == ["stages", "ksimage v3.3.2", "ksimage v3.4.1"]

    project.run("build", "--all", "--push").ok()
    second = project.run("check").ok()
    assert {row[0] for row in rows(second.stdout).values()} == {"up to date"}
    assert "all 2 images are up to date" in second.stderr
    # a release as people write it is the same release
    project.run("check", "3.3.2").ok()


def test_an_empty_matrix(project: Project, tmp_path: Path) -> None:
    project.run("build", "--all", "--push").ok()
    matrix = ("matrix", "--only-outdated", "--format")
    assert project.run(*matrix, "github").ok().stdout == '{"include":[]}\n'
    assert project.run(*matrix, "json").ok().document["releases"] == []
    pipeline = yaml.safe_load(project.run(*matrix, "gitlab").ok().stdout)
    assert list(pipeline) == ["stages", "ksimage up to date"]
    output = tmp_path / "output"
    project.run("matrix", "--only-outdated", GITHUB_ACTIONS="true", GITHUB_OUTPUT=str(output)).ok()
    lines = output.read_text().splitlines()
    assert (lines[1], lines[4]) == ('{"include":[]}', "0")


def test_reasons_in_every_form(project: Project, tmp_path: Path) -> None:
    project.run("build", "--all", "--push").ok()
    project.put_base("v3.4.1", seed=7)
    text = project.run("check", "--verbose=2")
    assert text.code == 12
    found = rows(text.stdout)
    assert found["v3.3.2"] == ("outdated", project.name("v3.3.2"), "its verbosity is 0, not 2")
    assert found["v3.4.1"][2] == "the base moved; its verbosity is 0, not 2"

    document = project.run("check", "--format", "json").document
    assert project.run("--output", "json", "check").document == document
    good, moved = document["images"]
    assert (good["state"], good["reasons"], good["error"]) == ("up to date", [], None)
    assert (moved["state"], moved["reasons"]) == ("outdated", ["the base moved"])
    assert moved["digest"].startswith("sha256:")
    assert moved["base_digest"] != good["base_digest"]
    assert moved["tag"] == "v3.4.1-debug"

    summary = tmp_path / "summary"
    markdown = project.run(
        "check", "--format", "markdown", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary)
    )
    assert markdown.code == 12
    lines = markdown.stdout.splitlines()
    assert lines[:2] == ["| release | state | image | reason |", "|---|---|---|---|"]
    assert lines[3].startswith("| v3.4.1 | outdated | <code>")
    assert lines[3].endswith(" | the base moved |")
    assert summary.read_text() == f"### ksimage check\n\n{markdown.stdout}"

    (row,) = project.run("matrix", "--only-outdated", "--format", "github").ok().document["include"]
    assert row["release"] == "v3.4.1"
    assert row["image"] == project.name("v3.4.1")
    assert row["reason"] == "the base moved"


def test_what_cannot_be_checked(project: Project) -> None:
    project.run("build", "--all", "--push").ok()
    project.configure("v3.3.2", "v3.2.1")
    found = project.run("check")
    assert found.code == 15
    assert rows(found.stdout)["v3.2.1"][0] == "failed"
    assert rows(found.stdout)["v3.3.2"][0] == "up to date"
    assert "[v3.2.1] error: no image at " in found.stderr
    assert "1 of 2 could not be checked: v3.2.1" in found.stderr
    document = project.run("check", "--format", "json").document
    errors = {image["release"]: image["error"] for image in document["images"]}
    assert errors["v3.3.2"] is None
    assert errors["v3.2.1"]["kind"] == "image-not-found"
    matrix = project.run("matrix", "--only-outdated")
    assert (matrix.code, matrix.stdout) == (15, "")


def test_overwritten(project: Project) -> None:
    project.run("build", "--all", "--push").ok()
    source = derived.opened(f"{project.source}/ks-installer:v3.3.2")
    try:
        derived.copied(source, project.name("v3.3.2"), overwrite=True)
    finally:
        source.close()
    found = project.run("check")
    assert found.code == 12
    assert rows(found.stdout)["v3.3.2"][0] == "overwritten"
    assert "--replace" in found.stderr


@pytest.mark.parametrize("github", ["true", "false"])
def test_labels_of_an_image_are_data(
    project: Project, monkeypatch: pytest.MonkeyPatch, github: str
) -> None:
    """Whoever can push to the target can write labels; the log and the terminal show them."""
    with monkeypatch.context() as patched:
        patched.setattr(package, "__version__", HOSTILE)
        with derived.planned(project.source) as plan:
            derived.publish_plan(plan, project.name("v3.3.2"), overwrite=True)
    project.configure("v3.3.2")
    for arguments in (
        ("check",),
        ("check", "--format", "markdown"),
        ("check", "--format", "json"),
        ("matrix", "--only-outdated", "--format", "github"),
        ("matrix", "--only-outdated", "--format", "json"),
        ("matrix", "--only-outdated", "--format", "gitlab"),
    ):
        found = project.run(*arguments, GITHUB_ACTIONS=github)
        assert found.code in (0, 12), found.stderr
        assert "pwned" in found.stdout or "gitlab" in arguments
        assert not {"\x1b", "\x07"} & set(found.stdout + found.stderr)
        if github == "true":
            assert obeyed(found.stdout) == []
            assert {name for name, _ in obeyed(found.stderr)} <= {"error"}
            assert all("pwned" not in data for _, data in obeyed(found.stderr))
        if arguments[-1] in ("json", "github"):
            assert "##[add-mask]pwned" in json.dumps(found.document), "the text itself is kept"
