"""What ``ksimage init`` writes, read as the CI systems and ksimage itself read it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml

import ksimage
from ksimage.ci import starter
from ksimage.ci.detect import System
from ksimage.config import yamlfile
from ksimage.config.resolve import resolve
from ksimage.config.settings import Settings
from ksimage.errors import CannotWrite, FileExists

TOP = Path(__file__).parents[3]
GITHUB = PurePosixPath(".github/workflows/ksimage.yml")
GITLAB = PurePosixPath(".gitlab-ci.yml")
CONFIG = PurePosixPath("ksimage.yaml")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    flags = {
        "source": "harbor.lan:8443/kubesphereio",
        "releases": ["v3.3.2", ">=3.4"],
        "verbosity": 5,
        "tag": "{release}-x{digest8}",
    }
    return resolve(flags, {}, None, tmp_path)


def scripts(node: Any) -> list[str]:
    """Every ``run`` of a workflow or action."""
    if isinstance(node, dict):
        own = [node["run"]] if isinstance(node.get("run"), str) else []
        return own + [text for value in node.values() for text in scripts(value)]
    if isinstance(node, list):
        return [text for value in node for text in scripts(value)]
    return []


def test_the_settings_file_says_what_was_given(settings: Settings, tmp_path: Path) -> None:
    starter.write(starter.files(settings), tmp_path)
    read = resolve({}, {}, None, tmp_path)
    assert (read.source, read.target) == ("harbor.lan:8443/kubesphereio",) * 2
    assert [choice.pattern for choice in read.releases] == ["v3.3.2", ">=3.4"]
    assert (read.verbosity, read.tag) == (5, "{release}-x{digest8}")


def test_without_any_settings_the_file_is_an_example(tmp_path: Path) -> None:
    text = starter.files(resolve({}, {}, None, tmp_path))[CONFIG]
    loaded = yamlfile.check(text.encode(), "ksimage.yaml", tmp_path)
    assert loaded.faults == []
    assert loaded.values["source"] == "harbor.example.com/kubesphereio"


def test_every_commented_line_is_valid_too(settings: Settings, tmp_path: Path) -> None:
    text = starter.files(settings)[CONFIG]
    commented = re.sub(r"^# (?=[a-z]+:| +[a-z_.]+:)", "", text, flags=re.MULTILINE)
    commented = commented.replace("yaml-language-server:", "# x:")
    loaded = yamlfile.check(commented.encode(), "ksimage.yaml", tmp_path)
    assert [str(fault) for fault in loaded.faults] == []
    assert {"platforms", "patches.dir", "registries.harbor.lan"} <= set(loaded.values)


def test_github_workflow(settings: Settings) -> None:
    text = starter.files(settings, System.GITHUB, runner="self-hosted", branch="trunk")[GITHUB]
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {}
    on = workflow[True]  # YAML 1.1 reads the key `on` as a truth
    assert set(on) == {"schedule", "workflow_dispatch", "push"}
    assert on["push"]["branches"] == ["trunk"]
    assert re.fullmatch(r"[0-5]?\d 3 \* \* 1", on["schedule"][0]["cron"])
    for job in workflow["jobs"].values():
        assert job["permissions"] == {"contents": "read"}
        assert job["runs-on"] == "self-hosted"
        assert job["timeout-minutes"] <= 60
        assert "env" not in job, "secrets belong to the steps that need them"
    plan, build = workflow["jobs"]["plan"], workflow["jobs"]["build"]
    assert set(plan["outputs"]) == {"matrix", "count"}
    assert build["if"] == "needs.plan.outputs.count != '0'"
    assert build["strategy"]["fail-fast"] is False
    assert build["strategy"]["matrix"] == "${{ fromJSON(needs.plan.outputs.matrix) }}"
    assert f"ksimage=={ksimage.__version__}" in text


def test_foreign_actions_are_pinned_by_commit(settings: Settings) -> None:
    texts = [
        starter.files(settings, System.GITHUB)[GITHUB],
        (TOP / "action.yml").read_text(encoding="utf-8"),
    ]
    used = [
        line for text in texts for line in re.findall(r"^\s*-? *uses:(.*)$", text, re.MULTILINE)
    ]
    assert used
    for line in used:
        assert re.fullmatch(r" [\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)


def test_no_expression_is_pasted_into_a_script(settings: Settings) -> None:
    """``${{ }}`` in a script is shell injection; values go through the environment."""
    workflow = yaml.safe_load(starter.files(settings, System.GITHUB)[GITHUB])
    action = yaml.safe_load((TOP / "action.yml").read_text(encoding="utf-8"))
    found = scripts(workflow) + scripts(action)
    assert len(found) == 6
    for script in found:
        assert "${{" not in script
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_credentials_come_from_secrets_only(settings: Settings) -> None:
    text = starter.files(settings, System.GITHUB)[GITHUB]
    values = re.findall(r"^ *KSIMAGE_(USERNAME|PASSWORD): (.*)$", text, re.MULTILINE)
    assert len(values) == 4
    for name, value in values:
        assert value == "${{ secrets.KSIMAGE_%s }}" % name  # noqa: UP031


def test_gitlab_pipeline(settings: Settings) -> None:
    pipeline = yaml.safe_load(starter.files(settings, System.GITLAB)[GITLAB])
    assert pipeline["stages"] == ["plan", "build"]
    plan, build = pipeline["plan"], pipeline["build"]
    version = ksimage.__version__
    assert plan["image"]["name"] == f"harbor.lan:8443/tools/ksimage:{version}"
    assert plan["image"]["entrypoint"] == [""]
    (include,) = build["trigger"]["include"]
    assert include == {"artifact": plan["artifacts"]["paths"][0], "job": "plan"}
    assert plan["rules"] == build["rules"]
    for script in plan["script"]:
        subprocess.run(["sh", "-n"], input=script, text=True, check=True)


def test_values_cannot_leave_their_place(settings: Settings) -> None:
    evil = 'x"\n  - run: evil # $(evil) \\ ${{ secrets.X }}'
    workflow = yaml.safe_load(
        starter.files(settings, System.GITHUB, runner=evil, requirement=evil, branch=evil)[GITHUB]
    )
    assert workflow["jobs"]["plan"]["runs-on"] == evil
    assert workflow[True]["push"]["branches"] == [evil]
    pipeline = yaml.safe_load(starter.files(settings, System.GITLAB, image=evil)[GITLAB])
    assert pipeline["plan"]["image"]["name"] == evil


def test_existing_files_are_left_alone(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / ".gitlab-ci.yml").write_text("mine")
    found = starter.files(settings, System.GITLAB)
    with pytest.raises(FileExists, match=r"\.gitlab-ci\.yml exists already"):
        starter.write(found, tmp_path)
    assert not (tmp_path / "ksimage.yaml").exists()
    written = starter.write(found, tmp_path, force=True)
    assert written == [tmp_path / "ksimage.yaml", tmp_path / ".gitlab-ci.yml"]
    assert (tmp_path / ".gitlab-ci.yml").read_text() == found[GITLAB]


def test_a_folder_that_cannot_be_made(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / ".github").write_text("a file")
    with pytest.raises(CannotWrite):
        starter.write(starter.files(settings, System.GITHUB), tmp_path)
