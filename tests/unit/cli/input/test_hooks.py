"""The hook that a patch meets: what lies below it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import derived

from ksimage.cli.input.hooks import hook_below, read_hook
from ksimage.cli.input.invocation import Invocation
from ksimage.cli.output.terminal import Terminal
from ksimage.errors import KsimageError


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Invocation:
    monkeypatch.chdir(tmp_path)
    return Invocation(Terminal(), {})


def test_read_from_the_clone(run: Invocation, clone: Path) -> None:
    assert read_hook(run, "v3.3.2", str(clone)) == derived.HOOK
    with pytest.raises(KsimageError):
        read_hook(run, "v3.3.2", str(clone / "none"))


def test_alone_it_is_pristine_and_else_the_shipped_patches_lie_below(
    run: Invocation, clone: Path, tmp_path: Path
) -> None:
    assert hook_below(run, "v3.3.2", str(clone), tmp_path, alone=True) == derived.HOOK
    below = hook_below(run, "v3.3.2", str(clone), tmp_path)
    assert below != derived.HOOK and b"quiet=True" not in below
