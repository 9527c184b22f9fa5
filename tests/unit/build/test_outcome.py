"""Proofs before anything is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import derived

from ksimage.build.make import derived as made
from ksimage.build.outcome import image_ids, prove
from ksimage.errors import ProofFailed


def test_what_was_made_is_proven(tmp_path: Path) -> None:
    with derived.planned(derived.base(tmp_path)) as plan:
        source = made(plan, derived.destination("oci:nowhere").location)
        verdict = prove(plan, source)
        assert list(image_ids(verdict)) == ["linux/amd64"]


def test_the_base_itself_is_no_result(tmp_path: Path) -> None:
    with derived.planned(derived.base(tmp_path)) as plan:
        with pytest.raises(ProofFailed) as caught:
            prove(plan, plan.source)
        assert "nothing was tagged or pushed" in " ".join(
            [caught.value.message, *caught.value.advice, caught.value.why]
        )
