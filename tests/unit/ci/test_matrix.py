"""The matrix for each CI system, read back as that system reads it."""

from __future__ import annotations

import json

import pytest
import yaml

from ksimage.ci.detect import System
from ksimage.ci.matrix import Job, document, github, github_outputs, gitlab, render

ROWS = [
    Job("v3.3.2", "v3.3.2-debug", "harbor.lan/kubesphereio/ks-installer:v3.3.2-debug", "new"),
    Job("v3.4.1", "v3.4.1-debug"),
]
HOSTILE = Job('v"; rm -rf / #\n${CI_JOB_TOKEN}', "$HOME", "é: [x", "{{ }}")


def test_github_is_one_ascii_line() -> None:
    text = github([*ROWS, HOSTILE])
    assert text.isascii()
    assert "\n" not in text
    assert json.loads(text)["include"][0] == {
        "release": "v3.3.2",
        "tag": "v3.3.2-debug",
        "image": "harbor.lan/kubesphereio/ks-installer:v3.3.2-debug",
        "reason": "new",
    }
    assert json.loads(text)["include"][2]["release"] == HOSTILE.release


def test_an_empty_matrix_for_github() -> None:
    assert github_outputs([]) == {"matrix": '{"include":[]}', "count": "0"}
    assert github_outputs(ROWS)["count"] == "2"


def test_gitlab_jobs() -> None:
    environ = {"CI_JOB_IMAGE": "harbor.lan/tools/ksimage:1", "CI_RUNNER_TAGS": '["lan", "k8s"]'}
    pipeline = yaml.safe_load(gitlab(ROWS, environ))
    assert pipeline.pop("stages") == ["build"]
    assert list(pipeline) == ["ksimage v3.3.2", "ksimage v3.4.1"]
    job = pipeline["ksimage v3.3.2"]
    assert job["image"] == {"name": "harbor.lan/tools/ksimage:1", "entrypoint": [""]}
    assert job["tags"] == ["lan", "k8s"]
    assert job["variables"] == {"RELEASE": "v3.3.2"}
    assert job["rules"] == [{"when": "on_success"}]
    assert "v3.3.2" not in job["script"][0]
    assert "&id" not in gitlab(ROWS, environ)


def test_an_empty_matrix_for_gitlab_has_a_job() -> None:
    pipeline = yaml.safe_load(gitlab([], {}))
    pipeline.pop("stages")
    ((name, job),) = pipeline.items()
    assert name == "ksimage up to date"
    assert job["script"] == ["echo 'Every image is up to date.'"]
    assert "image" not in job


def test_gitlab_does_not_expand_foreign_dollars() -> None:
    pipeline = yaml.safe_load(gitlab([HOSTILE], {"CI_JOB_IMAGE": "a/$b"}))
    job = pipeline[f"ksimage {HOSTILE.release}"]
    assert job["variables"]["RELEASE"] == HOSTILE.release.replace("$", "$$")
    assert job["image"]["name"] == "a/$$b"
    assert HOSTILE.release not in job["script"][0]


@pytest.mark.parametrize(
    ("text", "tags"),
    [("", None), ("a, b", ["a", "b"]), ("[]", None), ('{"a": 1}', None), ('["x"]', ["x"])],
)
def test_runner_tags(text: str, tags: list[str] | None) -> None:
    pipeline = yaml.safe_load(gitlab(ROWS, {"CI_RUNNER_TAGS": text}))
    assert pipeline["ksimage v3.4.1"].get("tags") == tags


def test_json_document() -> None:
    assert json.loads(document(ROWS)) == {
        "schema": "ksimage.matrix/v1",
        "releases": json.loads(github(ROWS))["include"],
    }


def test_render_chooses_the_form() -> None:
    assert render(ROWS, System.GITHUB, {}) == github(ROWS)
    assert render(ROWS, System.GITLAB, {}) == gitlab(ROWS, {})
    assert render(ROWS, System.PLAIN, {}) == document(ROWS)
