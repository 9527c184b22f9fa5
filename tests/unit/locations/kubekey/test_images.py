"""kk's names of images."""

from __future__ import annotations

import pytest

from ksimage.images.platform import Platform
from ksimage.locations.kubekey.images import ImageName, kept_ref, parse_name


@pytest.mark.parametrize(
    ("text", "prefix", "tag", "platform", "namespace"),
    [
        ("calico:cni:v3.23.2-amd64", "calico:cni:", "v3.23.2", "linux/amd64", "calico"),
        ("a:b/c:1-arm64", "a:b/c:", "1", "linux/arm64", "a"),
        ("a:b:v1-arm-v7", "a:b:", "v1", "linux/arm/v7", "a"),
        ("a:b:v1-orig-amd64", "a:b:", "v1-orig", "linux/amd64", "a"),
        ("docker.io/a/b:1-amd64", "docker.io/a/b:", "1", "linux/amd64", "a"),
        ("r.lan:5000/a/b:1-amd64", "r.lan:5000/a/b:", "1", "linux/amd64", "a"),
        ("r.lan/a/x/b:1-arm64", "r.lan/a/x/b:", "1", "linux/arm64", "a/x"),
    ],
)
def test_parse(text: str, prefix: str, tag: str, platform: str, namespace: str) -> None:
    found = parse_name(text)
    assert found is not None
    assert found.group == ImageName(prefix, tag)
    assert str(found.platform) == platform
    assert found.group.namespace == namespace
    assert found.group.full == ("/" in text.partition(":")[0] or ":5000/" in text)
    assert parse_name(found.group.name(found.platform)) == found


@pytest.mark.parametrize(
    "text",
    ["", "v3.3.2", "a:b", "a:b:v1", "a:b:v1-sparc9", "a:b:c:v1-amd64", "a:b:-amd64",
     "a:b:v 1-amd64", ":b:v1-amd64", "a::v1-amd64", "/a/b:v1-amd64", "r.lan//b:v1-amd64"],
)  # fmt: skip
def test_other_names(text: str) -> None:
    assert parse_name(text) is None


def test_ks_installer() -> None:
    assert ImageName("kubesphereio:ks-installer:", "v1").is_installer
    assert ImageName("r.lan:5000/a/ks-installer:", "v1").is_installer
    assert not ImageName("a:my-ks-installer:", "v1").is_installer
    assert not ImageName("ks-installer:other:", "v1").is_installer


def test_kept() -> None:
    assert ImageName("a:b:", "v1-orig-2").is_kept
    assert ImageName("a:b:", "v1-orig-2").replaced is None
    assert not ImageName("a:b:", "v1-original").is_kept
    name = ImageName("a:ks-installer:", "v3.3.2")
    assert name.kept.replaced == name
    assert name.replaced is None
    assert ImageName("a:b:", "-orig").replaced is None
    assert name.kept.name(Platform("linux", "amd64")) == "a:ks-installer:v3.3.2-orig-amd64"


@pytest.mark.parametrize(
    ("ref", "kept"),
    [
        ("v3.3.2", "v3.3.2-orig"),
        ("v3.3.2-amd64", "v3.3.2-orig-amd64"),
        ("a:ks-installer:v3.3.2-arm-v7", "a:ks-installer:v3.3.2-orig-arm-v7"),
        ("r.lan/a/b:1", "r.lan/a/b:1-orig"),
    ],
)
def test_kept_ref(ref: str, kept: str) -> None:
    assert kept_ref(ref) == kept
