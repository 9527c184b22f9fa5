"""What an upgrade does after an installation with a label."""

from __future__ import annotations

import pytest

from ksimage.upstream.kubekey import labels, rules, upgrade, versions
from ksimage.upstream.kubekey.upgrade import Upgrade


def after(kk: str, label: str) -> Upgrade:
    known = rules.of(versions.parse(kk))
    return upgrade.of(known, labels.judge(known, label))


def test_an_own_tag_must_be_taken_back_for_kk_that_reads_the_label() -> None:
    found = after("v3.0.13", "v3.3.2-debug")
    assert (found.current, found.relabel) == ("v3.3.2-debug", "v3.3.2")
    assert found.targets == ("v3.4.0", "v3.4.1")
    assert found.again == "it deploys nothing"


def test_kk_that_reads_the_console() -> None:
    found = after("v3.0.9", "v3.3.2-debug")
    assert (found.current, found.relabel) == ("v3.3.2", "")
    assert found.targets == ("v3.4.0",)
    assert found.again == "it is refused"


def test_a_label_that_is_no_version_ends_kk() -> None:
    assert after("v3.0.13", "v3.3.2_x").again == "panics"
    assert after("v3.0.9", "v3.3.2_x").again == "it is refused"


@pytest.mark.parametrize(
    ("label", "current"),
    [("v3.1.0-debug", "v3.1.0"), ("v3.1.0", "v3.1.0"), ("v3.1.1-debug", "v3.1.1-debug")],
)
def test_labels_before_v3_1_do_not_count(label: str, current: str) -> None:
    assert after("v3.1.12", label).current == current


def test_the_same_version_again() -> None:
    assert after("v2.2.0", "v3.3.0").again == "it is refused"
    assert after("v2.2.1", "v3.3.0").again == "it deploys nothing"
    assert after("v1.2.1", "v3.2.1").again == "it deploys it again"
