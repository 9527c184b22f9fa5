"""What is shipped, and what the program loads before it does anything."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import ksimage
from ksimage import resources
from tests.support.program import COMMAND, MINIATURE, environment

TOP = Path(__file__).parents[1]
HEAVY = ("docker", "jinja2", "requests", "rich", "urllib3", "yaml", "zstandard")


@pytest.mark.parametrize(
    "arguments",
    [("--help",), ("--version",), ("build", "--help"), ("patches", "--help"), ("bulid",)],
    ids=" ".join,
)
def test_nothing_heavy_is_loaded_for_help(arguments: tuple[str, ...]) -> None:
    code = (
        "import sys\n"
        "from ksimage.cli.app import app\n"
        "try:\n"
        "    app()\n"
        "finally:\n"
        "    print('LOADED', *sys.modules)\n"
    )
    command = [sys.executable, "-c", code, *arguments]
    run = subprocess.run(command, env=environment(), capture_output=True, text=True)
    assert run.returncode == (2 if arguments == ("bulid",) else 0), run.stderr
    (line,) = [line for line in run.stdout.splitlines() if line.startswith("LOADED")]
    loaded = {name.partition(".")[0] for name in line.split()}
    assert loaded & set(HEAVY) == set()
    if arguments == ("--help",):
        ours = {name for name in line.split() if name.startswith("ksimage.")}
        assert {
            "ksimage.build.plan",
            "ksimage.config.resolve",
            "ksimage.inspection.proofs",
        } & ours == set()


def test_version() -> None:
    run = subprocess.run([*COMMAND, "--version"], env=environment(), capture_output=True, text=True)
    assert run.stdout.strip().endswith(ksimage.__version__)


def test_everything_that_is_read_at_run_time_is_in_the_wheel() -> None:
    project = (TOP / "pyproject.toml").read_text()
    section = project.partition("wheel.force-include]")[2].partition("\n[")[0]
    included = dict(re.findall(r'^"(.+)" = "ksimage/_data/(.+)"$', section, re.MULTILINE))
    for name in ("Dockerfile.tmpl", "patches", "templates"):
        assert included[name] == name
        assert resources.path(name) == TOP / name
    used = {
        name
        for path in (TOP / "src").rglob("*.py")
        for name in re.findall(r'data\.path\(f?"([^"/{]+)', path.read_text())
    }
    assert used <= set(included)


def test_the_miniature_is_what_its_script_makes(tmp_path: Path) -> None:
    script = TOP / "examples" / "make_mini.py"
    subprocess.run(
        [sys.executable, script, tmp_path / "made"], check=True, capture_output=True, umask=0o077
    )

    def files(folder: Path) -> dict[str, bytes]:
        found = (path for path in folder.rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): path.read_bytes() for path in found}

    assert files(tmp_path / "made") == files(MINIATURE), "run: python examples/make_mini.py"
    assert sum(map(len, files(MINIATURE).values())) < 100_000


TEXTS = [
    path
    for pattern in ("*", "docs/**/*", "examples/**/*", "src/**/*", "templates/**/*", "patches/*")
    for path in TOP.glob(pattern)
    if path.is_file() and path.suffix != ".pyc" and "blobs" not in path.parts
]


def test_no_package_registry_is_named() -> None:
    hosts = re.compile(
        rb"(pypi|pythonhosted|npmjs|rubygems|crates|goproxy|golang)\.(org|io|com|cn)"
    )
    assert [str(path) for path in TEXTS if hosts.search(path.read_bytes())] == []
