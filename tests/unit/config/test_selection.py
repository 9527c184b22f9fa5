"""From names and ranges to releases."""

from __future__ import annotations

import pytest

from ksimage.config.selection import Chosen, checked, expand
from ksimage.config.settings import ReleaseChoice
from ksimage.config.values import Refused
from ksimage.errors import UnknownRelease

DIGEST = "sha256:" + "a" * 64


def test_a_name_gets_upstreams_spelling() -> None:
    assert checked("3.3.2") == "v3.3.2"
    assert checked(">=3.1,<3.3") == ">=3.1,<3.3"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("v3.3.9", "is no release that ksimage knows"),
        ("v2.1.1", "is not supported"),
        (">=9", "holds no release that ksimage knows"),
        (">=a", "is not a range"),
        ("a b", "is neither a release"),
    ],
)
def test_refused(text: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        checked(text)


def test_each_once_oldest_first_and_a_pin_wins() -> None:
    choices = [ReleaseChoice(">=3.3,<3.4"), ReleaseChoice("v3.3.1", DIGEST), ReleaseChoice("3.1.0")]
    assert expand(choices) == (
        Chosen("v3.1.0"), Chosen("v3.3.0"), Chosen("v3.3.1", DIGEST), Chosen("v3.3.2"),
    )  # fmt: skip
    with pytest.raises(UnknownRelease):
        expand([ReleaseChoice("v9")])
