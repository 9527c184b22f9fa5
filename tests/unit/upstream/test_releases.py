from __future__ import annotations

import subprocess
import sys

import pytest

from ksimage.errors import UnknownRelease
from ksimage.upstream import releases


def test_table_has_every_tag_once_and_37_distinct_hooks_that_are_supported() -> None:
    tags = [release.tag for release in releases.all_releases()]
    assert len(tags) == len(set(tags)) == 53
    supported = releases.supported()
    assert len(supported) == 48
    assert len({release.sha256 for release in supported}) == 37
    assert all(len(release.sha256) == 64 for release in releases.all_releases())


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("v3.3.2", "v3.3.2"),
        ("3.3.2", "v3.3.2"),
        (" 3.3.2 ", "v3.3.2"),
        ("3.0.1-alpha.1", "3.0.1-alpha.1"),  # upstream has this tag with and without a v
        ("v3.0.1-alpha.1", "v3.0.1-alpha.1"),
        ("qkcp-v3.2.1", "qkcp-v3.2.1"),
        ("3.2.1-ae451377", "v3.2.1-ae451377"),
        ("master", "master"),
    ],
)
def test_find(name: str, tag: str) -> None:
    assert releases.find(name).tag == tag


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("3.3.3", "v3.3.2"), ("v3.3.2-path.0", "v3.3.2-patch.0"), ("V3.4", "v3.4.1")],
)
def test_unknown_release_names_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(UnknownRelease) as caught:
        releases.find(name)
    assert caught.value.exit_code == 4
    assert nearest in "\n".join(caught.value.advice)


def test_unknown_release_without_anything_near() -> None:
    with pytest.raises(UnknownRelease) as caught:
        releases.find("latest")
    assert not any("did you mean" in line for line in caught.value.advice)


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        ("v2.1.0", "Python 2"),
        ("v2.1.1", "Python 2"),
        ("v3.0.0-alpha.1", "predates"),
        ("v3.0.0-alpha.2", "predates"),
        ("master", "rewrote"),
    ],
)
def test_unsupported_releases_have_a_reason(tag: str, reason: str) -> None:
    release = releases.find(tag)
    assert not release.supported
    assert reason in release.reason


def test_by_hook_knows_all_tags_that_share_one() -> None:
    digest = releases.find("v3.3.0").sha256
    expected = ["v3.3.0", "v3.3.0-28e9748", "v3.3.0-patch.0"]
    assert [release.tag for release in releases.by_hook(digest)] == expected
    assert releases.by_hook(f"sha256:{digest.upper()}") == releases.by_hook(digest)
    assert releases.by_hook("0" * 64) == ()


def test_order() -> None:
    expected = [
        "v2.1.1",
        "v3.0.0-alpha.1",
        "v3.0.0-alpha.2",
        "v3.0.0",
        "3.0.1-alpha.1",
        "v3.2.1-rc.2",
        "v3.2.1-rc.3",
        "v3.2.1",
        "qkcp-v3.2.1",
        "v3.2.1-ae451377",
        "v3.3.0-rc.3",
        "v3.3.0",
        "v3.3.0-28e9748",
        "v3.3.0-patch.0",
        "v3.3.1-rc.0",
        "v3.4.1",
        "v3.4.1-patch.0",
        "master",
    ]
    tags = [release.tag for release in releases.all_releases()]
    assert [tag for tag in tags if tag in expected] == expected


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        (">=3.0.0 <=3.4.1", ["v3.0.0", "v3.4.1-patch.0"], ["v3.0.0-alpha.2", "master"]),
        (">=3.1", ["v3.1.0-alpha.0", "v3.4.1"], ["v3.0.1-alpha.2", "v3.0.0"]),
        (">=3.1.0", ["v3.1.0", "qkcp-v3.2.1"], ["v3.1.0-alpha.0", "v3.0.0"]),
        ("<3.4", ["v3.3.2-patch.0"], ["v3.4.0-rc.0", "v3.4.0"]),
        ("<3.4.0", ["v3.4.0-rc.0", "v3.3.2"], ["v3.4.0"]),
        ("<=3.3", ["v3.3.2-patch.0", "v3.3.0-rc.0"], ["v3.4.0-rc.0"]),
        (">3.3", ["v3.4.0-rc.0"], ["v3.3.2-patch.0"]),
        (">3.3.1", ["v3.3.2-rc.0"], ["v3.3.1", "v3.3.1-patch.0"]),
        ("3.3", ["v3.3.0-rc.0", "v3.3.2-patch.0"], ["v3.4.0"]),
        ("=3.3.1", ["v3.3.1", "v3.3.1-patch.0"], ["v3.3.1-rc.5", "v3.3.2"]),
        ("==v3.3.1-rc.5", ["v3.3.1-rc.5"], ["v3.3.1"]),
        (">= 3.1 , != 3.2.1", ["v3.2.0", "v3.2.1-rc.3"], ["v3.2.1", "qkcp-v3.2.1"]),
        (">=v3.3.0-rc.2", ["v3.3.0-rc.2", "v3.3.0"], ["v3.3.0-rc.1"]),
        ("3", ["v3.0.0-alpha.1", "v3.4.1"], ["v2.1.1"]),
    ],
)  # fmt: skip
def test_in_range(text: str, inside: list[str], outside: list[str]) -> None:
    for tag in inside:
        assert releases.in_range(releases.find(tag), text), tag
    for tag in outside:
        assert not releases.in_range(releases.find(tag), text), tag


@pytest.mark.parametrize(
    "text", ["", " , ", ">=", "new", ">=3.1;rm", "~=3.1", ">=3.1-rc.1", "3.1.2.3", ">=v3.3.0-rc.99"]
)
def test_bad_ranges(text: str) -> None:
    with pytest.raises(ValueError, match=r"condition|empty|suffix"):
        releases.parse_range(text)


def test_import_is_light() -> None:
    """Shell completion reads this module."""
    code = (
        "import sys, ksimage.upstream.releases as r; r.find('v3.3.2');"
        "heavy = {'difflib', 'yaml', 'jinja2', 'docker', 'urllib3', 'click', 'asyncio'};"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
