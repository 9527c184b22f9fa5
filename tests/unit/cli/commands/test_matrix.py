"""``ksimage matrix``, ``check`` and ``reproduce`` as commands, as far as they need no registry."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from tests.unit.cli.conftest import Run

CONFIG = "source: harbor.lan/kubesphereio\nreleases: ['>=3.3,<3.5']\nverbosity: 5\n"
RELEASES = ["v3.3.0", "v3.3.1", "v3.3.2", "v3.4.0", "v3.4.1"]


@pytest.fixture
def configured(run: Run, tmp_path: Path) -> Run:
    (tmp_path / "ksimage.yaml").write_text(CONFIG)
    return run


class TestMatrix:
    def test_json_is_the_default(self, configured: Run) -> None:
        found = configured("matrix").ok()
        assert found.document["schema"] == "ksimage.matrix/v1"
        assert found.document["releases"][2] == {
            "release": "v3.3.2",
            "tag": "v3.3.2-debug",
            "image": "harbor.lan/kubesphereio/ks-installer:v3.3.2-debug",
            "reason": "",
        }
        assert found.stderr == f"5 to build: {', '.join(RELEASES)}\n"
        assert configured("--output", "json", "matrix").ok().stdout == found.stdout
        assert configured("matrix", "--format", "json").ok().stdout == found.stdout

    def test_github(self, configured: Run) -> None:
        found = configured("matrix", "--format", "github").ok()
        assert len(found.stdout.splitlines()) == 1
        assert [row["release"] for row in json.loads(found.stdout)["include"]] == RELEASES

    def test_gitlab(self, configured: Run) -> None:
        found = configured("matrix", "--format", "gitlab").ok()
        pipeline = yaml.safe_load(found.stdout)
        assert [job for job in pipeline if job != "stages"] == [f"ksimage {r}" for r in RELEASES]

    def test_the_system_around_it_chooses_the_form(
        self, configured: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
        found = configured("matrix", "v3.3.2").ok()
        assert "include" in found.document
        lines = (tmp_path / "output").read_text().splitlines()
        assert lines[0].startswith("matrix<<")
        assert lines[1] == found.stdout.rstrip("\n")
        assert lines[3].startswith("count<<")
        assert lines[4] == "1"
        monkeypatch.delenv("GITHUB_ACTIONS")
        monkeypatch.setenv("GITLAB_CI", "true")
        assert "ksimage v3.3.2" in yaml.safe_load(configured("matrix", "v3.3.2").ok().stdout)

    def test_names(self, configured: Run) -> None:
        rows = configured("matrix", "3.4.1", "v3.4.1", "v3.0.0").ok().document["releases"]
        assert [row["release"] for row in rows] == ["v3.4.1", "v3.0.0"]

    def test_tag_that_needs_the_base(self, configured: Run) -> None:
        (row,) = (
            configured("matrix", "v3.3.2", "--tag", "{release}-{digest8}").ok().document["releases"]
        )
        assert (row["tag"], row["image"]) == ("", "")

    def test_without_a_target(self, run: Run) -> None:
        (row,) = run("matrix", "v3.3.2").ok().document["releases"]
        assert (row["tag"], row["image"]) == ("v3.3.2-debug", "")

    @pytest.mark.parametrize(
        ("arguments", "code", "words"),
        [
            ((), 2, "none is listed in ksimage.yaml"),
            (("v9.9.9",), 4, "unknown release"),
            (("v2.1.1",), 4, "not supported"),
            (("v3.3.2", "--only-outdated"), 2, "nowhere to look for the images"),
            (("v9.9.9", "--only-outdated", "--target", "harbor.lan/a"), 4, "unknown release"),
        ],
    )
    def test_errors(self, run: Run, arguments: tuple[str, ...], code: int, words: str) -> None:
        found = run("matrix", *arguments)
        assert (found.code, found.stdout) == (code, "")
        assert words in found.stderr
