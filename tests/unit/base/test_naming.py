"""Names: from what people type to locations and tags."""

from __future__ import annotations

import re

import pytest

from ksimage.base import naming
from ksimage.errors import BadReference, UnknownRelease, UnknownTransport, UnsupportedRelease
from ksimage.locations import spec
from ksimage.upstream import releases
from ksimage.upstream.kubekey import tags

DIGEST = "sha256:" + "0123456789abcdef" * 4
TAG = "v3.3.2"


@pytest.mark.parametrize(
    ("text", "location"),
    [
        (text, False)
        for text in ("v3.3.2", "3.3.2", "v3.3.2-rc.0", "qkcp-v3.2.1-20220606-51f5af1", "nonsense")
    ]
    + [
        (text, True)
        for text in ("harbor.lan/a", "a:b", "oci:x", f"a@{DIGEST}", "docker-daemon:x", "./x")
    ],
)
def test_release_or_image(text: str, location: bool) -> None:
    assert naming.is_location(text) is location


@pytest.mark.parametrize("name", ["v3.3.2", "3.3.2"])
def test_release(name: str) -> None:
    assert naming.release_tag(name) == "v3.3.2"


@pytest.mark.parametrize("name", ["v2.1.1", "v2.1.0", "master", "v3.0.0-alpha.1"])
def test_unsupported_releases_are_refused_with_the_reason(name: str) -> None:
    with pytest.raises(UnsupportedRelease) as caught:
        naming.release_tag(name)
    assert len(caught.value.why) > 20


@pytest.mark.parametrize("name", ["v3.3.9", "v9.9.9", "", "latest"])
def test_unknown_releases(name: str) -> None:
    with pytest.raises(UnknownRelease):
        naming.release_tag(name)


def test_every_supported_tag_is_a_release_and_no_location() -> None:
    for release in releases.supported():
        assert not naming.is_location(release.tag)
        assert naming.release_tag(release.tag) == release.tag


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("docker.io/kubesphere", "docker.io/kubesphere/ks-installer:v3.3.2"),
        ("kubesphere", "docker.io/kubesphere/ks-installer:v3.3.2"),
        ("harbor.lan/kubesphereio", "harbor.lan/kubesphereio/ks-installer:v3.3.2"),
        ("harbor.lan/kubesphereio/", "harbor.lan/kubesphereio/ks-installer:v3.3.2"),
        ("docker://harbor.lan/kubesphereio", "harbor.lan/kubesphereio/ks-installer:v3.3.2"),
        ("harbor.lan/a/ks-installer", "harbor.lan/a/ks-installer:v3.3.2"),
        ("127.0.0.1:5000/kubesphere/ks-installer", "127.0.0.1:5000/kubesphere/ks-installer:v3.3.2"),
        ("127.0.0.1:5000", "127.0.0.1:5000/ks-installer:v3.3.2"),
        ("harbor.lan/a/installer:mine", "harbor.lan/a/installer:mine"),
        (f"harbor.lan/a/x@{DIGEST}", f"harbor.lan/a/x@{DIGEST}"),
        ("docker-daemon:kubesphere/ks-installer", "docker-daemon:kubesphere/ks-installer:v3.3.2"),
        ("docker-daemon:kubesphere", "docker-daemon:kubesphere/ks-installer:v3.3.2"),
        ("docker-daemon:h.lan:5000/a", "docker-daemon:h.lan:5000/a/ks-installer:v3.3.2"),
        ("docker-daemon:mine:tag", "docker-daemon:mine:tag"),
        (f"docker-daemon:{DIGEST}", f"docker-daemon:{DIGEST}"),
        ("oci:dir", "oci:dir"),
        ("oci:dir:ref", "oci:dir:ref"),
        ("oci-archive:file.tar", "oci-archive:file.tar"),
        ("docker-archive:file.tar", "docker-archive:file.tar"),
    ],
)
def test_base(source: str, expected: str) -> None:
    assert str(naming.base_location(source, TAG)) == expected


@pytest.mark.parametrize("source", ["", "https://harbor.lan/a", "harbor.lan/Upper", "oci:", "a b"])
def test_refused_base(source: str) -> None:
    with pytest.raises(BadReference):
        naming.base_location(source, TAG)


def test_mistyped_transport() -> None:
    with pytest.raises(UnknownTransport) as caught:
        naming.base_location("docker-deamon:kubesphere/ks-installer:v3.3.2", TAG)
    assert "docker-daemon:" in " ".join(caught.value.advice)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("harbor.lan/a", "harbor.lan/a/ks-installer:T"),
        ("harbor.lan/a/ks-installer", "harbor.lan/a/ks-installer:T"),
        ("harbor.lan/a/other:mine", "harbor.lan/a/other:mine"),
        ("docker-daemon:", "docker-daemon:kubesphere/ks-installer:T"),
        ("docker-daemon", "docker-daemon:kubesphere/ks-installer:T"),
        ("docker-daemon:mine", "docker-daemon:mine:T"),
        ("docker-daemon:mine:x", "docker-daemon:mine:x"),
        ("oci:dir", "oci:dir:T"),
        ("oci:dir:x", "oci:dir:x"),
        ("oci-archive:f.tar", "oci-archive:f.tar:T"),
        ("docker-archive:f.tar", "docker-archive:f.tar:kubesphere/ks-installer:T"),
        ("docker-archive:f.tar:a:b", "docker-archive:f.tar:a:b"),
    ],
)
def test_target(text: str, expected: str) -> None:
    assert str(naming.target_location(text, "T")) == expected


@pytest.mark.parametrize(
    ("location", "name"),
    [
        ("docker.io/kubesphere/ks-installer:v3.3.2", "kubesphere/ks-installer"),
        ("harbor.lan:5000/a/b:c", "harbor.lan:5000/a/b"),
        (f"harbor.lan/a/b@{DIGEST}", "harbor.lan/a/b"),
        ("docker-daemon:mine:x", "mine"),
        (f"docker-daemon:{DIGEST}", "kubesphere/ks-installer"),
        ("oci:dir:ref", "kubesphere/ks-installer"),
    ],
)
def test_repository(location: str, name: str) -> None:
    assert naming.repository_name(spec.parse(location)) == name


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["v3.3.2", "v3.4.1"], "v3.3.2"),
        (["kubesphere/ks-installer:v3.3.2", "x:v3.3.2"], "kubesphere/ks-installer:v3.3.2"),
        (["kubesphereio:ks-installer:v3.3.2-amd64", "kubesphereio:ks-installer:v3.3.2-arm64"],
         "kubesphereio:ks-installer:v3.3.2-amd64"),
        (["a/ks-installer:v3.3.2", "b/ks-installer:v3.3.2"], None),
        (["myks-installer:v3.3.2", "x"], None),
        (["ks-installer:v3.3.2", "x"], "ks-installer:v3.3.2"),
        (["@" + DIGEST, "x"], None),
        ([], None),
    ],
)  # fmt: skip
def test_choice_among_several(names: list[str], expected: str | None) -> None:
    assert naming.choose(names, TAG, "amd64") == expected


@pytest.mark.parametrize(
    ("location", "release"),
    [
        ("harbor.lan/a:v3.3.2", "v3.3.2"),
        ("harbor.lan/a:v3.3.2-amd64", "v3.3.2"),
        ("oci:dir:kubesphereio:ks-installer:v3.4.1-arm64", "v3.4.1"),
        ("docker-daemon:x:v3.1.0", "v3.1.0"),
        ("harbor.lan/a:v3.3.2-debug", None),
        ("harbor.lan/a:v2.1.1", None),
        (f"harbor.lan/a@{DIGEST}", None),
        ("oci:dir", None),
    ],
)
def test_guess(location: str, release: str | None) -> None:
    assert naming.guess_release(spec.parse(location)) == release


class TestTag:
    def fill(self, template: str) -> str:
        return naming.fill_tag(template, release=TAG, verbosity=5, digest=DIGEST)

    @pytest.mark.parametrize(
        ("template", "tag"),
        [
            ("{release}-debug", "v3.3.2-debug"),
            ("{release}-v{verbosity}-{digest8}", "v3.3.2-v5-01234567"),
            ("fixed", "fixed"),
        ],
    )
    def test_filled(self, template: str, tag: str) -> None:
        assert self.fill(template) == tag

    @pytest.mark.parametrize(
        "template",
        ["", "{", "{}", "{0}", "{other}", "{release.__class__}", "{release[0]}x/y", "a b", "a:b",
         "-x", "x" * 129, "{release!r}", "ü"],
    )  # fmt: skip
    def test_refused(self, template: str) -> None:
        with pytest.raises(BadReference):
            self.fill(template)

    def test_kept(self) -> None:
        found = naming.kept_locations(spec.parse("harbor.lan/a:v3.3.2-debug"))
        assert str(next(found)) == "harbor.lan/a:v3.3.2-debug-orig"

    def test_kept_tag_may_be_too_long(self) -> None:
        with pytest.raises(BadReference):
            next(naming.kept_locations(spec.parse("harbor.lan/a:" + "t" * 126)))


class TestKubeKey:
    """kubesphere/kubekey v3.0.13: version_enum.go, precheck/tasks.go."""

    @pytest.mark.parametrize(
        "tag",
        [
            "v3.3.2-debug",
            "v3.4.1-debug",
            "v3.3.2-rc.0-debug",
            "v3.3.2-x.1",
            "v3.3.2-a-b.0",
            "v3.3.2-latest",
            "v3.3.2-debug-amd64",
        ],
    )
    def test_accepted(self, tag: str) -> None:
        assert tags.warnings(tag) == []

    @pytest.mark.parametrize(
        ("tag", "words"),
        [
            ("v3.3.2", "pushes over"),
            ("v3.4.1-patch.0", "pushes over"),
            ("nightly-20221020", "newest"),
            ("latest", "newest"),
            ("v3.3.2-amd64", "pushes over"),
            ("v3.3.2-arm64", "pushes over"),
            ("v3.3.2-rc.0-arm-v7", "pushes over"),
            ("3.3.2-debug", "would deploy v3.3.2-debug instead"),
            ("v9.9.9-debug", "knows no release 9.9.9"),
            ("v3.5.0-amd64", "knows no release 3.5.0"),
            ("master", "pushes over"),
            ("master-debug", "cannot use"),
            ("v3.3.2-release.1", "newest"),
            ("v3.3.2-prerelease", "newest"),
            ("debug", "cannot use"),
            ("v3.3-debug", "cannot use"),
            ("v3.3.2_debug", "cannot use"),
            ("v3.3.2-01", "cannot use"),
            ("v03.3.2-debug", "cannot use"),
            ("v3.3.2-", "cannot use"),
            ("v3.3.2-a..b", "cannot use"),
            ("v3.9.9", "cannot use"),
        ],
    )
    def test_warned_of(self, tag: str, words: str) -> None:
        (warning,) = tags.warnings(tag)
        assert words in warning

    @pytest.mark.parametrize(
        "tag", [release.tag for release in releases.all_releases()] + ["v3.3.2-amd64"]
    )
    def test_no_advice_that_is_warned_of(self, tag: str) -> None:
        (warning,) = tags.warnings(tag)
        found = re.search(r"a suffix such as (\S+) is never touched", warning)
        assert found is None or tags.warnings(found[1]) == []
        assert (found is None) == (
            tag[:2] == "qk" or tag[:1] != "v" or "v3.0.1-" in tag or tag == "v2.1.0"
        )

    def test_default_tag_of_every_release_is_fine(self) -> None:
        for release in releases.supported():
            if release.tag.startswith("v") and not release.tag.startswith("v3.0.1-"):
                tag = naming.fill_tag(
                    "{release}-debug", release=release.tag, verbosity=0, digest=""
                )
                assert tags.warnings(tag) == [], tag
