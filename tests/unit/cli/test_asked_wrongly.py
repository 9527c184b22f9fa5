"""What was asked wrongly is refused before anything is read, with what to type instead."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.support import derived
from tests.support.images import Recipe, layout
from tests.support.registry import RunningRegistry
from tests.unit.cli.conftest import Run

from ksimage.locations import access, spec
from ksimage.locations.transfer import copy


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--to", "oci:out", "--push"), "--to and --push were both given"),
        (("--to", "Not A Place"), "is not an image reference"),
        (("--to", f"oci:out:t@sha256:{'0' * 64}"), "cannot be pinned"),
        (("--push",), "--push does not know where to"),
    ],
)
@pytest.mark.parametrize("releases", [("v3.3.2",), ("v3.3.2", "v3.4.1")])
def test_destination(
    run: Run, releases: tuple[str, ...], arguments: tuple[str, ...], words: str
) -> None:
    # a source that is not there: it would be the error if it had been looked at
    told = run("build", *releases, "--from", "oci:missing", *arguments)
    assert told.code == 2 and words in told.stderr


@pytest.mark.parametrize(
    "command", [("push", "a.tar", "--to", "oci:x:t"), ("inspect", "a.tar"), ("build", "a.tar")]
)
def test_a_file_without_its_transport(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    (tmp_path / "a.tar").touch()
    told = run(*command)
    assert told.code == 2
    assert "did you mean: docker-archive:a.tar, oci-archive:a.tar" in told.stderr


def test_a_file_named_like_a_release(run: Run, base: str, tmp_path: Path) -> None:
    (tmp_path / "v3.3.2").touch()
    run("build", "v3.3.2", "--from", base, "--to", "oci:out").ok()


class TestKubeKeysTags:
    """A registry to which kk pushed single platforms, and whose list is missing."""

    @pytest.fixture
    def project(self, registry: RunningRegistry, tmp_path: Path) -> str:
        layout(tmp_path / "image", replace(Recipe(), hook=derived.HOOK))
        project = f"{registry.address}/kk-only"
        source = access.open_source(spec.parse("oci:" + str(tmp_path / "image")))
        target = access.open_target(spec.parse(f"{project}/ks-installer:v3.3.2-amd64"))
        copy(source, target)
        target.close()
        source.close()
        return project

    def test_of_a_release(self, run: Run, project: str) -> None:
        told = run("build", "v3.3.2", "--from", project, "--to", "oci:out")
        assert told.code == 4
        (line,) = [line.strip() for line in told.stderr.splitlines() if "--from" in line]
        assert line.endswith(f"--from {project}/ks-installer:v3.3.2-amd64")
        advice = line[line.index("--from") :].split()
        run("build", "v3.3.2", *advice, "--to", "oci:out").ok()

    def test_of_an_image(self, run: Run, project: str) -> None:
        told = run("diff", f"{project}/ks-installer:v3.3.2")
        assert told.code == 4
        assert f"name it instead: {project}/ks-installer:v3.3.2-amd64" in told.stderr

    def test_nothing_at_all(self, run: Run, project: str) -> None:
        told = run("build", "v3.4.1", "--from", project, "--to", "oci:out")
        assert told.code == 4 and "v3.4.1-amd64" not in told.stderr


def test_a_hook_of_nobody_known_is_told_once(run: Run, tmp_path: Path) -> None:
    source = derived.base(tmp_path / "image", Recipe(), Recipe(architecture="arm64"))
    told = run("build", "v3.3.2", "--from", source, "--to", "oci:out").ok()
    assert told.stderr.count("the hook is not upstream's") == 1
    assert "warning: the hook is not upstream's" in told.stderr


def test_an_image_of_an_engine_that_is_not_there(run: Run) -> None:
    told = run("push", "docker-daemon:x:t", "--to", "127.0.0.1:1/p/x")
    assert told.code == 7
    assert "docker save -o FILE" in told.stderr and "--engine" not in told.stderr
    assert "--through direct sends it from here" in told.stderr
