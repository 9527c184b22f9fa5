"""``ksimage reproduce``: equal, different, impossible."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.cli.conftest import Run

CONFIG = "source: harbor.lan/kubesphereio\nreleases: ['>=3.3,<3.5']\nverbosity: 5\n"
RELEASES = ["v3.3.0", "v3.3.1", "v3.3.2", "v3.4.0", "v3.4.1"]


@pytest.fixture
def configured(run: Run, tmp_path: Path) -> Run:
    (tmp_path / "ksimage.yaml").write_text(CONFIG)
    return run


class TestReproduce:
    def build(self, run: Run, base: str, *more: str) -> str:
        return run("build", "v3.3.2", "--from", base, "--to", "oci:out", *more).ok().reference

    def test_identical(self, run: Run, base: str) -> None:
        reference = self.build(run, base, "--verbose", "--label", "site=north")
        found = run("reproduce", "oci:out:v3.3.2-debug", "--base", base).ok()
        assert found.reference == reference.partition("@")[2]
        assert "the rebuild is identical" in found.stderr
        assert f"base     {base}" in found.stderr

    def test_json(self, run: Run, base: str) -> None:
        digest = self.build(run, base).partition("@")[2]
        document = (
            run("--output", "json", "reproduce", "oci:out:v3.3.2-debug", "--base", base)
            .ok()
            .document
        )
        assert document == {
            "schema": "ksimage/v1",
            "name": "oci:out:v3.3.2-debug",
            "base": base,
            "digest": digest,
            "rebuilt": digest,
            "identical": True,
            "differences": [],
        }

    def test_different(self, run: Run, base: str, monkeypatch: pytest.MonkeyPatch) -> None:
        import ksimage

        with monkeypatch.context() as patched:
            patched.setattr(ksimage, "__version__", "0.0.1")
            self.build(run, base)
        found = run("reproduce", "oci:out:v3.3.2-debug", "--base", base)
        assert (found.code, found.stdout) == (13, "")
        assert "is not what a rebuild gives" in found.stderr
        assert "built by ksimage 0.0.1" in found.stderr
        document = run(
            "--output", "json", "reproduce", "oci:out:v3.3.2-debug", "--base", base
        ).document
        assert document["identical"] is False
        assert document["digest"] != document["rebuilt"]
        assert document["differences"][0].startswith("built by ksimage 0.0.1")

    def test_cannot(self, run: Run, base: str) -> None:
        self.build(run, base)
        found = run("--output", "json", "reproduce", "oci:out:v3.3.2-debug")
        assert found.code == 13
        assert found.document["error"]["kind"] == "cannot-reproduce"
        assert "--base LOCATION" in found.stderr

    @pytest.mark.parametrize("epoch", ["1700000000", "0"])
    def test_source_date_epoch(
        self, run: Run, base: str, monkeypatch: pytest.MonkeyPatch, epoch: str
    ) -> None:
        """The variable of the build is found again, whatever it is now."""
        with monkeypatch.context() as patched:
            patched.setenv("SOURCE_DATE_EPOCH", epoch)
            self.build(run, base)
        monkeypatch.setenv("SOURCE_DATE_EPOCH", "1234567890")
        run("reproduce", "oci:out:v3.3.2-debug", "--base", base).ok()
