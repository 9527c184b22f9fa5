"""What verify says, and what it ends with: proven, not all of it, wrong, not ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import derived
from tests.support.images import Recipe
from tests.support.registry import RunningRegistry, registry
from tests.unit.cli.conftest import Run

from ksimage.derivation.labels import Provenance
from ksimage.locations.options import RegistryOptions

__all__ = ["registry"]  # a fixture


@pytest.fixture
def built(run: Run, base: str) -> str:
    run("build", "v3.3.2", "--from", base, "--to", "oci:out").ok()
    return "oci:out:v3.3.2-debug"


def test_all_proofs_made(run: Run, base: str, built: str) -> None:
    found = run("--output", "json", "verify", built, "--base", base)
    assert (found.code, found.document["verified"]) == (0, True)


def test_some_not_made_is_neither_yes_nor_no(run: Run, built: str) -> None:
    found = run("verify", built)
    assert (found.code, found.stdout) == (20, "")
    assert "3 of 7 proofs were not made: --base LOCATION" in found.stderr
    assert "base layers are unchanged" in found.stderr
    document = run("--output", "json", "verify", built).document
    assert document["verified"] is None
    passed = [proof["passed"] for proof in document["platforms"][0]["proofs"]]
    assert passed.count(None) == 3 and passed.count(True) == 4


def test_the_advice_is_a_command_that_helps(run: Run, base: str, built: str) -> None:
    (advice,) = [line for line in run("verify", built).stderr.splitlines() if "verify oci" in line]
    words = advice.partition("ksimage ")[2].replace("LOCATION", base).split()
    assert run(*words).code == 0


def test_the_release_beside_it_is_the_base_where_its_layers_are_those(
    run: Run, tmp_path: Path
) -> None:
    derived.base(tmp_path / "both")
    run("build", "v3.3.2", "--from", "oci:both", "--to", "oci:both").ok()
    assert run("verify", "oci:both:v3.3.2-debug").code == 0
    derived.base(tmp_path / "both", Recipe(seed=2, padding=99))  # another image by that name
    assert run("verify", "oci:both:v3.3.2-debug").code == 20


def test_a_pristine_image(run: Run, base: str) -> None:
    found = run("verify", base)
    assert found.code == 6
    assert "was not made by ksimage" in found.stderr
    assert "fails" not in found.stderr


class TestBaseByTheLabels:
    """The labels name a base in a registry; it is asked where the user named that registry."""

    @pytest.fixture
    def project(self, base: str, registry: RunningRegistry) -> str:
        project = f"{registry.address}/verify"
        to = f"{project}/ks-installer:v3.3.2"
        derived.copied(derived.opened(f"{base}:v3.3.2"), to, options=RegistryOptions())
        return project

    def test_in_the_images_own_registry(self, run: Run, project: str) -> None:
        run("build", "v3.3.2", "--from", project, "--push").ok()
        assert run("verify", f"{project}/ks-installer:v3.3.2-debug").code == 0

    def test_of_a_file_in_the_settings_registry(
        self, run: Run, project: str, tmp_path: Path
    ) -> None:
        run("build", "v3.3.2", "--from", project, "--to", "oci:out").ok()
        assert run("verify", "oci:out").code == 20, "nobody named that registry"
        (tmp_path / "ksimage.yaml").write_text(f"source: {project}\n")
        assert run("verify", "oci:out").code == 0

    def test_gone(self, run: Run, project: str, tmp_path: Path) -> None:
        run("build", "v3.3.2", "--from", project, "--to", "oci:out").ok()
        (tmp_path / "ksimage.yaml").write_text("source: 127.0.0.1:1/verify\n")
        assert run("verify", "oci:out").code == 20

    def test_unreachable(self, run: Run, base: str, tmp_path: Path) -> None:
        """Of a registry that is down the image's own proofs are made all the same."""
        named = Provenance("v3.3.2", "127.0.0.1:1/x/ks-installer:v3.3.2", ())
        with derived.planned(base, statement=named) as plan:
            derived.publish_plan(plan, f"oci:{tmp_path / 'out'}:v3.3.2-debug")
        (tmp_path / "ksimage.yaml").write_text("source: 127.0.0.1:1/x\n")
        found = run("verify", "oci:out")
        assert found.code == 20
        assert "the base that the labels name cannot be read" in found.stderr
