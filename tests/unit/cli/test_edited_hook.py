"""An operator's own small edit of the hook, in the image that is to be the base: it gets there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.support import derived
from tests.support.images import Recipe, layout
from tests.unit.cli.conftest import Run

LOUD = derived.HOOK.replace(b"quiet=True", b"quiet=False")
WORDY = re.sub(rb"( +)(playbook=)", rb"\1verbosity=5,\n\1\2", LOUD)
"""The level written into every call (and into the constructor's, where it is a mistake)."""


def base(path: Path, hook: bytes) -> str:
    layout(path, Recipe(hook=hook))
    return f"oci:{path}"


def build(run: Run, source: str, *more: str) -> tuple[int, str]:
    found = run("build", "v3.3.2", "--from", source, "--to", "oci:out", *more)
    return found.code, found.stderr


def test_quiet_alone_is_adapted_to(run: Run, tmp_path: Path) -> None:
    assert LOUD != derived.HOOK
    code, told = build(run, base(tmp_path / "base", LOUD))
    assert code == 0, told


def test_what_is_done_already_is_said_for_all_at_once(run: Run, tmp_path: Path) -> None:
    """What the error says to type, taken as it stands, leads to an image."""
    with derived.planned(derived.base(tmp_path / "first")) as plan:
        whole = plan.platforms[0].patched.after
    source = base(tmp_path / "base", whole)
    code, told = build(run, source)
    assert code == 5
    assert "6 patches do not apply" in told and told.count("is already applied") == 6
    (line,) = [text for text in told.splitlines() if "leave all of them out:" in text]
    words = line.partition("out: ")[2].split()
    assert words.count("--without") == 6
    code, told = build(run, source, *words)
    assert code == 5 and "an empty selection of patches changes nothing" in told


def test_a_level_in_every_call(run: Run, tmp_path: Path) -> None:
    hook = re.sub(rb"(ansible_runner\.run(?:_async)?\(\n)( +)", rb"\1\2verbosity=5,\n\2", LOUD)
    source = base(tmp_path / "base", hook)
    code, told = build(run, source)
    assert code == 5
    assert "it passes a verbosity already: --without verbosity" in told
    code, told = build(run, source, "--without", "verbosity")
    assert code == 0, told


@pytest.mark.parametrize("name", ["unquiet", "failure-report"])
def test_a_shipped_patch_made_ones_own(run: Run, tmp_path: Path, name: str) -> None:
    """`patches show NAME > own`, edit, `--without NAME --patch own`: what a conflict advises."""
    source = derived.base(tmp_path / "base")
    (tmp_path / "own.patch").write_text(run("patches", "show", name).ok().stdout)
    code, told = build(run, source, "--without", name, "--patch", "own.patch")
    assert code == 0, told
