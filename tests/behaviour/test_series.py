"""The shipped set as a set: every order gives the same bytes, by three appliers.

tests/upstream tries it on the hook of every release.
"""

from __future__ import annotations

import itertools
import random
import subprocess
from typing import TYPE_CHECKING

import pytest

from ksimage.hook import proof
from ksimage.patching import apply, series
from tests.behaviour.hooks import DEFAULTS, PATCHES, pristine
from tests.support import requires

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

SHIPPED = series.load(PATCHES)
NAMES = [patch.name for patch in SHIPPED]
TOOLS = {
    "patch": ["patch", "-p1", "-F0", "--no-backup-if-mismatch", "-s", "-i"],
    "git": ["git", "apply", "-p1", "--whitespace=nowarn"],
}


def _apply(hook: bytes, names: Sequence[str]) -> bytes:
    return apply.apply_series(hook, [SHIPPED.find(name).patch for name in names]).after


def _apply_with(tool: str, hook: bytes, names: Sequence[str], folder: Path) -> bytes:
    file = folder / "hooks" / "kubesphere" / "installRunner.py"
    file.parent.mkdir(parents=True)
    file.write_bytes(hook)
    for name in names:
        path = str(SHIPPED.find(name).path)
        subprocess.run([*TOOLS[tool], path], cwd=folder, check=True, capture_output=True)
    assert [f.name for f in folder.rglob("*") if f.is_file()] == ["installRunner.py"]
    return file.read_bytes()


def test_default_and_optional() -> None:
    assert [patch.name for patch in SHIPPED if patch.default] == list(DEFAULTS)
    assert [patch.name for patch in SHIPPED if not patch.default] == ["early-config"]


def test_every_header_tells_releases_and_risk() -> None:
    for patch in SHIPPED:
        assert patch.header.releases
        assert "X-Ksimage-Risk: " in patch.path.read_text()
        assert len(patch.path.read_text().split("---\n", 1)[0].splitlines()) > 15


@pytest.mark.parametrize("name", NAMES)
def test_one_line_of_context_and_only_ascii(name: str) -> None:
    text = SHIPPED.find(name).path.read_text(encoding="ascii")
    for hunk in text.split("\n@@ ")[1:]:
        kinds = [line[:1] for line in hunk.splitlines()[1:]]
        assert kinds[0] == " " != kinds[1]
        assert kinds[-1] == " " != kinds[-2]
    added = [line[1:] for line in text.splitlines() if line.startswith("+")]
    assert max(map(len, added)) <= 100
    assert not [line for line in added if line != line.rstrip() or "\t" in line]


def test_every_order_of_the_default_set_gives_the_same_bytes() -> None:
    hook = pristine()
    results = {_apply(hook, order) for order in itertools.permutations(DEFAULTS)}
    assert len(results) == 1
    proof.prove_hook(results.pop(), base=hook)


def test_every_subset_is_a_program() -> None:
    hook = pristine()
    for count in range(1, len(NAMES) + 1):
        for names in itertools.combinations(NAMES, count):
            compile(_apply(hook, names), "installRunner.py", "exec")


@pytest.mark.parametrize("left_out", [n for n in NAMES if n not in ("unquiet", "verbosity")])
def test_the_proof_holds_without_any_other(left_out: str) -> None:
    hook = pristine()
    proof.prove_hook(_apply(hook, [name for name in NAMES if name != left_out]), base=hook)


@pytest.mark.parametrize("tool", TOOLS)
def test_other_tools_give_the_same_bytes(tool: str, tmp_path: Path) -> None:
    requires.program(tool)
    hook = pristine()
    expected = _apply(hook, NAMES)
    chance = random.Random(3)
    for number in range(6):
        order = chance.sample(NAMES, len(NAMES))
        assert _apply_with(tool, hook, order, tmp_path / str(number)) == expected
