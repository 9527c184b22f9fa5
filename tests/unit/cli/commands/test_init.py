"""``ksimage init``: the files that a project starts from."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from tests.unit.cli.conftest import Run

from ksimage.config.resolve import resolve


def test_settings_alone(run: Run, tmp_path: Path) -> None:
    found = run("init", "3.3.2", ">=3.4,<3.5", "--from", "harbor.lan/kubesphereio").ok()
    assert found.stdout == "ksimage.yaml\n"
    assert [path.name for path in tmp_path.iterdir()] == ["ksimage.yaml"]
    settings = resolve({}, {}, None, tmp_path)
    assert [choice.pattern for choice in settings.releases] == ["v3.3.2", ">=3.4,<3.5"]
    assert settings.source == "harbor.lan/kubesphereio"
    assert "set the secrets" not in found.stderr
    document = run("--output", "json", "matrix", "--format", "json").ok().document
    assert [row["release"] for row in document["releases"]] == ["v3.3.2", "v3.4.0", "v3.4.1"]


@pytest.mark.parametrize(
    ("ci", "path"), [("github", ".github/workflows/ksimage.yml"), ("gitlab", ".gitlab-ci.yml")]
)
def test_workflow(run: Run, tmp_path: Path, ci: str, path: str) -> None:
    found = run("--output", "json", "init", "v3.3.2", "--ci", ci, "--dir", "sub/project").ok()
    assert found.document["files"] == ["sub/project/ksimage.yaml", f"sub/project/{path}"]
    assert isinstance(yaml.safe_load((tmp_path / "sub/project" / path).read_text()), dict)
    assert "KSIMAGE_USERNAME and KSIMAGE_PASSWORD" in found.stderr


def test_choices_go_into_the_files(run: Run, tmp_path: Path) -> None:
    chosen = ("--runner", "ubuntu-x", "--branch", "trunk", "--requirement", "ksimage==0.9")
    run("init", "--ci", "github", *chosen, "--tag", "{release}-v{verbosity}", "--verbose").ok()
    text = (tmp_path / ".github/workflows/ksimage.yml").read_text()
    for word in ("ubuntu-x", "trunk", "ksimage==0.9"):
        assert word in text
    settings = resolve({}, {}, None, tmp_path)
    assert (settings.tag, settings.verbosity) == ("{release}-v{verbosity}", 5)
    run("init", "--ci", "gitlab", "--image", "harbor.lan/tools/other:2", "--dir", "lab").ok()
    assert "harbor.lan/tools/other:2" in (tmp_path / "lab/.gitlab-ci.yml").read_text()


def test_nothing_is_overwritten(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".gitlab-ci.yml").write_text("mine")
    found = run("init", "v3.3.2", "--ci", "gitlab")
    assert found.code == 14
    assert ".gitlab-ci.yml exists already" in found.stderr
    assert "--force" in found.stderr
    assert [path.name for path in tmp_path.iterdir()] == [".gitlab-ci.yml"]
    assert (tmp_path / ".gitlab-ci.yml").read_text() == "mine"


def test_force(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ksimage.yaml").write_text("releases: [v3.0.0]\n")
    assert run("init", "v3.3.2").code == 14
    run("init", "v3.3.2", "--force").ok()
    assert [c.pattern for c in resolve({}, {}, None, tmp_path).releases] == ["v3.3.2"]


def test_the_file_that_is_there_has_no_say(run: Run, tmp_path: Path) -> None:
    """Not even when it is broken: --force is how to get a good one."""
    (tmp_path / "ksimage.yaml").write_text("tag: [broken\n")
    run("init", "v3.3.2", "--force").ok()
    resolve({}, {}, None, tmp_path)


@pytest.mark.parametrize(
    ("release", "words"),
    [
        ("v9.9.9", "no release that ksimage knows"),
        ("v2.1.1", "is not supported"),
        (">=9", "holds no release"),
        (">=3.x", "is not a range"),
        ("", "releases: "),
    ],
)
def test_bad_releases(run: Run, tmp_path: Path, release: str, words: str) -> None:
    found = run("init", "v3.3.2", release)
    assert found.code == 2
    assert words in found.stderr
    assert list(tmp_path.iterdir()) == []


def test_unwritable(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    found = run("--output", "json", "init", "v3.3.2", "--dir", "file")
    assert found.code == 14
    assert found.document["error"]["kind"] == "cannot-write"


def test_a_link_is_not_followed_without_force(run: Run, tmp_path: Path) -> None:
    (tmp_path / "ksimage.yaml").symlink_to(tmp_path / "elsewhere")
    assert run("init", "v3.3.2").code == 14
    assert not (tmp_path / "elsewhere").exists()


def test_nothing_is_installed_by_a_name_that_nobody_owns(run: Run, tmp_path: Path) -> None:
    told = run("init", "--ci", "github").ok().stderr
    text = (tmp_path / ".github/workflows/ksimage.yml").read_text()
    assert text.count("pip install") == text.count("--no-index --find-links .github/wheels") == 2
    assert f"pip wheel --wheel-dir {tmp_path}/.github/wheels ." in told
    run("init", "--ci", "gitlab", "--dir", "lab").ok()
    assert "pip install" not in (tmp_path / "lab/.gitlab-ci.yml").read_text()


def test_the_action_at_a_commit(run: Run, tmp_path: Path) -> None:
    action = f"somebody/ksimage@{'a1' * 20}"
    run("init", "--ci", "github", "--action", action).ok()
    text = (tmp_path / ".github/workflows/ksimage.yml").read_text()
    assert "pip install" not in text
    for job in yaml.safe_load(text)["jobs"].values():
        assert job["steps"][1] == {"name": "Install ksimage", "uses": action}
    refused = run("init", "--ci", "github", "--dir", "x", "--action", "somebody/ksimage@main")
    assert refused.code == 2 and "40 hex digits" in refused.stderr
