"""Single values: what passes, what is refused, and that no login is repeated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksimage.config import values
from ksimage.config.values import Refused
from ksimage.images.reference import TAG

READERS: list[Callable[[str], object]] = [
    values.source, values.target, lambda text: values.one_of(text, values.ENGINES),
    lambda text: values.integer(text, 0, 5),
    values.tag_template, values.boolean, values.platform, values.patch, values.digest,
    values.release, values.label_key, values.host,
]  # fmt: skip


@pytest.mark.parametrize("read", READERS)
@given(text=st.text(max_size=60))
def test_a_value_or_a_reason_of_one_line(read: Callable[[str], object], text: str) -> None:
    try:
        read(text)
    except Refused as refused:
        assert refused.reason.isprintable()


@given(st.text(max_size=60))
def test_a_template_that_passes_makes_a_tag(text: str) -> None:
    try:
        template = values.tag_template(text)
    except Refused:
        return
    made = template.format(release="v3.3.2", verbosity=0, digest8="a" * 8)
    assert TAG.fullmatch(made)


@pytest.mark.parametrize("read", [values.source, values.target, values.host])
def test_a_login_is_not_repeated(read: Callable[[str], object]) -> None:
    with pytest.raises(Refused) as caught:
        read("bob:hunter2@harbor.lan/x")
    assert "hunter2" not in caught.value.reason


def test_names_that_are_alike() -> None:
    assert values.nearest("patch_dir", ["patch-dir", "jobs"]) == ["patch-dir"]
    assert values.nearest("zzz", ["patch-dir"]) == []


def test_paths_are_anchored() -> None:
    assert values.anchored("../a/./b", Path("/srv/x")) == Path("/srv/a/b")
    assert values.anchored("/abs", Path("/srv")) == Path("/abs")
    assert values.anchored_source("oci:a/../b", Path("/srv")) == "oci:/srv/b"
