"""What kk makes of labels; kk's own functions judge many more (tests/upstream)."""

from __future__ import annotations

import pytest

from ksimage.upstream.kubekey import labels, rules, versions
from ksimage.upstream.kubekey.labels import Label, Upgrade


def judged(kk: str, text: str) -> Label:
    return labels.judge(rules.of(versions.parse(kk)), text)


@pytest.mark.parametrize(
    ("kk", "text", "tag", "release", "own"),
    [
        ("v1.0.2", "v3.0.0", "v3.0.0", "v3.0.0", False),
        ("v1.2.2", "v3.2.1-rc.debug", "v3.2.1-rc.debug", "v3.2.1", True),
        ("v1.2.2", "v9-release", "v9-release", "v3.2.1", True),
        ("v2.0.1", "v3.2.1-debug", "v3.2.1-debug", "v3.2.1", True),
        ("v2.2.0", "3.3.0", "3.3.0", "v3.3.0", True),
        ("v2.2.2", "3.3.0", "v3.3.0", "v3.3.0", False),
        ("v2.2.0", "latest", "latest", "v3.3.0", True),
        ("v3.0.13", "latest", "", "v3.4.1", True),
        ("v3.0.13", "v3.3.2-release.1", "v3.3.2-release.1", "v3.4.1", True),
        ("v3.0.13", "v3.03.2", "", "v3.3.2", True),
    ],
)
def test_accepted(kk: str, text: str, tag: str, release: str, own: bool) -> None:
    found = judged(kk, text)
    assert (found.accepted, found.tag, found.release, found.own) == (True, tag, release, own)


@pytest.mark.parametrize(
    ("kk", "text"),
    [
        ("v1.0.2", "v3.0.0-rc.1"), ("v1.1.2", "latest"), ("v1.2.2", "v3.2.1-debug"),
        ("v2.0.1", "v3.3.0-debug"), ("v3.1.12", "v3.5.0"), ("v3.1.12", "main"), ("v3.1.12", ""),
    ],
)  # fmt: skip
def test_refused(kk: str, text: str) -> None:
    found = judged(kk, text)
    assert not found.accepted
    assert found.why


def test_odd_ones_say_why() -> None:
    assert "no legal tag" in judged("v3.0.13", "v3.3.2+x").why
    assert "puts a v before it" in judged("v3.0.13", "3.3.2").why
    assert "newest release, v3.4.1" in judged("v3.0.13", "v3.3.2-release.1").why
    assert labels.judge(rules.of(versions.LATEST), "3.3", string=False).why.startswith("YAML")
    assert judged("v1.0.2", "").accepted  # and deploys nothing


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("v3.3.2", True), ("v3.3.2-debug.1", True), ("v3.3.2+b", True), ("v3.3.2-00", False),
     ("v3.3", False), ("v3.3.2_x", False), ("v3.3.2-a..b", False), ("v03.3.2", False)],
)  # fmt: skip
def test_semantic(text: str, is_one: bool) -> None:
    assert labels.semantic(text) == is_one


def after(kk: str, label: str) -> Upgrade:
    known = rules.of(versions.parse(kk))
    return labels.upgrade(known, labels.judge(known, label))


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
