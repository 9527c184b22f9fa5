"""``ksimage push``: where to, and what is refused before anything is sent."""

from __future__ import annotations

import pytest
from tests.support.registry import RunningRegistry
from tests.unit.cli.conftest import Run


def test_sent_once_and_then_up_to_date(run: Run, base: str, registry: RunningRegistry) -> None:
    place = f"{registry.address}/pushed/ks-installer"
    first = run("push", base, "--to", place, "--tag", "v3.3.2").ok()
    assert first.reference.startswith(f"{place}")
    again = run("push", base, f"{place}:v3.3.2", "--output", "json").ok().document
    assert again["result"]["up_to_date"] is True and again["result"]["bytes_sent"] == 0
    assert again["result"]["digest"] in first.reference


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ((), "does not know where to"),
        (("a.lan/p", "--to", "b.lan/p"), "two destinations"),
    ],
)
def test_refused_before_anything(run: Run, base: str, more: tuple[str, ...], words: str) -> None:
    done = run("push", base, *more)
    assert done.code == 2 and words in done.stderr
