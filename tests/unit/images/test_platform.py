"""What names of platforms mean: the same to every command."""

from __future__ import annotations

import pytest

from ksimage.images.platform import NAME, Platform, matches, named, near


@pytest.mark.parametrize(
    ("platform", "text", "normal", "exact"),
    [
        (Platform("linux", "amd64"), "linux/amd64", "linux/amd64", "linux/amd64"),
        (Platform("linux", "arm64", "v8"), "linux/arm64/v8", "linux/arm64", "linux/arm64/v8"),
        (Platform("linux", "arm64"), "linux/arm64", "linux/arm64", "linux/arm64/v8"),
        (Platform("linux", "arm", "v7"), "linux/arm/v7", "linux/arm", "linux/arm/v7"),
        (Platform("linux", "arm", "v6"), "linux/arm/v6", "linux/arm/v6", "linux/arm/v6"),
        (Platform("", ""), "", "", ""),
    ],
)
def test_texts(platform: Platform, text: str, normal: str, exact: str) -> None:
    assert (str(platform), platform.normal, platform.exact) == (text, normal, exact)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("arm64", "linux/arm64"),
        ("linux/arm64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"),
        ("aarch64", "linux/arm64"),
        ("x86_64", "linux/amd64"),
        ("linux/x86-64", "linux/amd64"),
        ("arm", "linux/arm"),
        ("armhf", "linux/arm"),
        ("linux/arm/v7", "linux/arm"),
        ("linux/arm/v6", "linux/arm/v6"),
        ("armel", "linux/arm/v6"),
        ("windows/amd64", "windows/amd64"),
    ],
)
def test_named(text: str, meant: str) -> None:
    assert NAME.fullmatch(text)
    assert named(text).normal == meant


@pytest.mark.parametrize("text", ["", "/", "linux/", "/amd64", "a b", "a/b/c/d", "Linux/amd64"])
def test_no_names(text: str) -> None:
    assert not NAME.fullmatch(text)


@pytest.mark.parametrize(
    ("platform", "wanted", "one", "several"),
    [
        (("linux", "amd64", ""), "linux/amd64", True, True),
        (("linux", "amd64", ""), "amd64", True, True),
        (("linux", "arm64", "v8"), "arm64", True, True),
        (("linux", "arm64", "v8"), "linux/arm64", True, True),
        (("linux", "arm64", ""), "linux/arm64/v8", True, True),
        (("linux", "arm", "v7"), "linux/arm", True, True),
        (("linux", "arm", "v6"), "linux/arm", False, True),
        (("linux", "arm", "v6"), "linux/arm/v6", True, True),
        (("linux", "arm", "v6"), "linux/arm/v7", False, False),
        (("windows", "amd64", ""), "linux/amd64", False, False),
        (("linux", "amd64", ""), "arm64", False, False),
    ],
)
def test_matches(platform: tuple[str, str, str], wanted: str, one: bool, several: bool) -> None:
    assert matches(Platform(*platform), wanted) is one
    assert matches(Platform(*platform), wanted, variants=True) is several


def test_near() -> None:
    present = ["linux/amd64", "linux/arm/v6", "linux/arm/v7"]
    assert near("linux/arm/v5", present) == ["linux/arm/v6", "linux/arm/v7"]
    assert near("arm64", present) == []
