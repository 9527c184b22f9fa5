from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.images import ImageStore, Recipe, docker_archive, layout

from ksimage.errors import BadReference, FileWithoutTransport, UnknownTransport
from ksimage.locations import access, spec
from ksimage.locations.spec import Transport
from ksimage.text import FILE_TRANSPORTS

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "transport", "path", "ref"),
    [
        ("oci:dir", Transport.OCI, "dir", ""),
        ("oci:/a/b:v3.3.2", Transport.OCI, "/a/b", "v3.3.2"),
        (
            "oci:kubekey/images:kubesphereio:ks-installer:v3.3.2-amd64",
            Transport.OCI,
            "kubekey/images",
            "kubesphereio:ks-installer:v3.3.2-amd64",
        ),
        ("oci-archive:a@b.tar", Transport.OCI_ARCHIVE, "a@b.tar", ""),
        ("oci-archive:x.tar:ref", Transport.OCI_ARCHIVE, "x.tar", "ref"),
        ("kubekey:.", Transport.KUBEKEY, ".", ""),
        ("kubekey:/a/artifact.tar.gz:v3.3.2", Transport.KUBEKEY, "/a/artifact.tar.gz", "v3.3.2"),
        ("kubekey:k:a:ks-installer:v1-amd64", Transport.KUBEKEY, "k", "a:ks-installer:v1-amd64"),
        ("docker-archive:x.tar", Transport.DOCKER_ARCHIVE, "x.tar", ""),
        ("docker-archive:x.tar:a/b:1", Transport.DOCKER_ARCHIVE, "x.tar", "a/b:1"),
        ("docker-daemon:a/b:1", Transport.DAEMON, "", "a/b:1"),
        ("docker-daemon:h:5000/a/b:1", Transport.DAEMON, "", "h:5000/a/b:1"),
    ],
)
def test_parse(text: str, transport: Transport, path: str, ref: str) -> None:
    location = spec.parse(text)
    assert (location.transport, location.path, location.ref) == (transport, path, ref)
    assert str(location) == text
    pinned = spec.parse(f"{text}@{DIGEST}")
    assert (pinned.path, pinned.ref, pinned.digest) == (path, ref, DIGEST)
    assert str(pinned) == f"{text}@{DIGEST}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("harbor.lan/kubesphereio/ks-installer:v3.3.2", None),
        ("docker://harbor.lan/a/b:1", "harbor.lan/a/b:1"),
        ("kubesphere/ks-installer", "docker.io/kubesphere/ks-installer"),
        ("localhost:5000/a", "localhost:5000/a"),
        ("registry:5000/oci/b:1", "registry:5000/oci/b:1"),
        ("docker-daemon-mirror:5000/a:1", "docker-daemon-mirror:5000/a:1"),
        ("busybox:1.36", "docker.io/library/busybox:1.36"),
    ],
)
def test_everything_else_is_a_registry(text: str, expected: str | None) -> None:
    location = spec.parse(text)
    assert location.transport is Transport.REGISTRY
    assert str(location) == (expected or text)
    assert spec.parse(str(location)) == location


@pytest.mark.parametrize(
    ("given", "ref"),
    [
        ("docker-daemon:docker.io/library/busybox:1", "busybox:1"),
        ("docker-daemon:docker.io/a/b", "a/b:latest"),
        ("docker-archive:f:a/b", "a/b:latest"),
    ],
)
def test_engine_names_are_familiar_and_tagged(given: str, ref: str) -> None:
    assert spec.parse(given).ref == ref


def test_image_id_alone() -> None:
    location = spec.parse(f"docker-daemon:{DIGEST}")
    assert (location.ref, location.digest) == ("", DIGEST)
    assert str(location) == f"docker-daemon:{DIGEST}"


@pytest.mark.parametrize(
    ("text", "nearest"),
    [
        ("docker-deamon:a:1", "docker-daemon:"),
        ("oci-archiv:x.tar", "oci-archive:"),
        ("docker-archve:x.tar", "docker-archive:"),
        ("containers-storage:a", ""),
        ("dir:/tmp/x", ""),
    ],
)
def test_unknown_transport(text: str, nearest: str) -> None:
    with pytest.raises(UnknownTransport) as caught:
        spec.parse(text)
    assert nearest in " ".join(caught.value.advice)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "oci:",
        "oci-archive::ref",
        "docker-daemon:",
        "docker-daemon:UPPER:1",
        "docker-archive:f:UPPER",
        "oci:dir@sha256:123",
        "docker-daemon:a@sha256:123",
        "https://harbor.lan/a",
        "oci:a\nb",
    ],
)
def test_malformed(text: str) -> None:
    with pytest.raises(BadReference):
        spec.parse(text)


def test_destination_cannot_be_pinned() -> None:
    with pytest.raises(BadReference):
        access.open_target(spec.parse(f"oci:dir@{DIGEST}"))


def test_names_in(tmp_path: Path) -> None:
    layout(tmp_path / "l", Recipe(), ref="kubesphereio:ks-installer:v3.3.2-amd64")
    digest = layout(tmp_path / "l", Recipe(seed=2), ref="other")
    docker_archive(ImageStore(tmp_path / "l"), digest, tmp_path / "d.tar", names=["a:1", "a:2"])
    assert access.names_in(spec.parse(f"oci:{tmp_path}/l:x")) == [
        "kubesphereio:ks-installer:v3.3.2-amd64",
        "other",
    ]
    assert access.names_in(spec.parse(f"docker-archive:{tmp_path}/d.tar")) == ["a:1", "a:2"]
    assert access.names_in(spec.parse("harbor.lan/a")) == []


@pytest.mark.parametrize("text", ["x.tar", "dir/x.tar.gz", "./x", "/srv/image", "../x.tgz", "~/x"])
def test_what_can_only_be_a_file(text: str) -> None:
    """Whether it is there or not: as an image it would end in a question to the DNS."""
    with pytest.raises(FileWithoutTransport) as caught:
        spec.parse(text)
    assert f"docker-archive:{text}" in " ".join(caught.value.advice)


def test_a_login_in_what_can_only_be_a_file_is_not_shown() -> None:
    """An address that lost its scheme begins like a path."""
    with pytest.raises(FileWithoutTransport) as caught:
        spec.parse("//user:s3cret@harbor.lan/kubesphereio")
    assert "s3cret" not in f"{caught.value.message} {caught.value.advice}"


def test_parsing_does_not_look_at_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "busybox").write_bytes(b"")
    assert str(spec.parse("busybox")) == "docker.io/library/busybox"
    with pytest.raises(FileWithoutTransport):
        access.open_source(spec.parse("busybox"))


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("harbor.lan/a", False),
        ("harbor.lan:8443/a", False),
        ("harbor.lan/a:latest", True),
        (f"harbor.lan/a@{DIGEST}", True),
        ("docker-daemon:a", False),
        ("docker-daemon:harbor.lan:8443/a", False),
        ("docker-daemon:a:latest", True),
        (f"docker-daemon:{DIGEST}", True),
        ("oci:dir", False),
        ("oci:dir:ref", True),
        ("docker-archive:x.tar", False),
        ("docker-archive:x.tar:a", True),
    ],
)
def test_whether_a_name_was_given(text: str, named: bool) -> None:
    assert spec.parse(text).named is named


def test_the_transports_of_paths_are_known_to_all() -> None:
    elsewhere = {Transport.REGISTRY, Transport.DAEMON}
    assert {kind.value for kind in set(Transport) - elsewhere} == set(FILE_TRANSPORTS)
