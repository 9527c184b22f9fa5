"""Where a push goes, who carries it out, and what the engine's refusals mean."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support.images import Recipe, layout

from ksimage.errors import (
    EnginePushFailed,
    KsimageError,
    PolicyViolation,
    ProjectMissing,
    ProxyCacheProject,
    QuotaExceeded,
    ReadOnlyRegistry,
    RepositoryWithoutProject,
    TagImmutable,
    UsageError,
)
from ksimage.images import reference
from ksimage.locations import spec
from ksimage.locations.options import RegistryOptions
from ksimage.locations.registry.auth.credentials import Credentials
from ksimage.publish import engine as publish_engine
from ksimage.publish import push
from ksimage.publish.refusals import explained

NAME = reference.parse("harbor.lan/kubesphereio/ks-installer:v3.3.2-debug")


class TestWay:
    @pytest.mark.parametrize(
        ("source", "to", "wanted", "expected"),
        [
            ("docker-daemon:x:1", "harbor.lan/p/x:1", "auto", "engine"),
            ("docker-daemon:x:1", "harbor.lan/p/x:1", "direct", "direct"),
            ("docker-daemon:x:1", "oci:folder:1", "auto", "direct"),
            ("oci:folder:1", "harbor.lan/p/x:1", "auto", "direct"),
            ("harbor.lan/p/x:2", "harbor.lan/p/x:1", "auto", "direct"),
        ],
    )
    def test_default(self, source: str, to: str, wanted: str, expected: str) -> None:
        assert push.way(spec.parse(source), spec.parse(to), wanted) == expected

    @pytest.mark.parametrize("to", ["oci:folder:1", "docker-daemon:y:1"])
    def test_the_engine_pushes_to_registries_only(self, to: str) -> None:
        with pytest.raises(UsageError, match="--through engine"):
            push.way(spec.parse("docker-daemon:x:1"), spec.parse(to), "engine")


class TestDestination:
    @pytest.mark.parametrize(
        ("source", "to", "tag", "expected"),
        [
            ("oci:folder:v1", "harbor.lan/p", None, "harbor.lan/p/ks-installer:v1"),
            ("oci:folder:p:ks-installer:v1-amd64", "harbor.lan/p", None, "…/ks-installer:v1-amd64"),
            ("oci:folder:v1", "harbor.lan/p", "mine", "…/ks-installer:mine"),
            ("oci:folder:v1", "harbor.lan/p/x:v2", None, "harbor.lan/p/x:v2"),
            ("oci:folder:v1", "harbor.lan/p/x:v2", "v2", "harbor.lan/p/x:v2"),
            ("docker-daemon:a/b:v3", "harbor.lan/p/ks-installer", None, "…/ks-installer:v3"),
            ("other.lan/p/x:v4", "harbor.lan/p", None, "…/ks-installer:v4"),
            ("other.lan/p/x:v4", "docker-daemon:a/b", None, "docker-daemon:a/b:v4"),
        ],
    )
    def test_tag(self, source: str, to: str, tag: str | None, expected: str) -> None:
        found = str(push.destination(spec.parse(source), to, tag))
        assert found == expected or found.endswith(expected.removeprefix("…"))

    def test_the_only_name_of_a_folder(self, tmp_path: Path) -> None:
        layout(tmp_path / "l", Recipe(), ref="v9")
        found = push.destination(spec.parse(f"oci:{tmp_path}/l"), "harbor.lan/p", None)
        assert str(found) == "harbor.lan/p/ks-installer:v9"

    def test_two_tags(self) -> None:
        with pytest.raises(UsageError, match="two things"):
            push.destination(spec.parse("oci:f:v1"), "harbor.lan/p/x:v2", "v3")

    def test_no_tag(self) -> None:
        by_digest = spec.parse(f"other.lan/p/x@sha256:{'0' * 64}")
        with pytest.raises(UsageError, match="has no tag"):
            push.destination(by_digest, "harbor.lan/p", None)


class TestEngine:
    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("unauthorized: project nope not found: project nope not found", ProjectMissing),
            ("unknown: due to 'r:t' configured as immutable.", TagImmutable),
            (
                "denied: adding 1 MiB of storage resource, which when updated exceeds",
                QuotaExceeded,
            ),
            ("denied: The system is in read only mode. Any modification", ReadOnlyRegistry),
            ("denied: can not push artifact to a proxy project: p", ProxyCacheProject),
            ("unknown: invalid repository name: r", RepositoryWithoutProject),
            (
                "unknown: current image with 9 vulnerabilities cannot be pulled due to configured"
                " policy in 'Prevent images with vulnerability severity of \"High\" or higher'",
                PolicyViolation,
            ),
            ("unknown: The image is not signed in Notary.", PolicyViolation),
            (
                "unexpected status from HEAD request to https://h/v2/p/r: 412 Precondition Failed",
                PolicyViolation,
            ),
        ],
    )
    def test_refusals_are_recognised(self, words: str, expected: type[KsimageError]) -> None:
        told = explained(EnginePushFailed("x", words), NAME, RegistryOptions())
        assert type(told) is expected

    @pytest.mark.parametrize(
        ("words", "advice"),
        [
            (
                "tls: failed to verify certificate: x509: certificate signed by unknown authority",
                "/etc/docker/certs.d/harbor.lan/ca.crt",
            ),
            (
                "http: server gave HTTP response to HTTPS client",
                '"insecure-registries": ["harbor.lan"]',
            ),
            ("dial tcp: lookup harbor.lan: no such host", "--through direct"),
        ],
    )
    def test_the_engines_own_troubles(self, words: str, advice: str) -> None:
        told = explained(EnginePushFailed("x", words), NAME, RegistryOptions())
        assert isinstance(told, EnginePushFailed)
        assert any(advice in line for line in told.advice)
        assert "--through direct" in told.advice[-1]

    def test_words_cannot_steer_the_terminal(self) -> None:
        told = explained(EnginePushFailed("x", "\x1b[2Jbad\nthing"), NAME, RegistryOptions())
        assert told.why == "[2Jbad thing"

    def test_login(self) -> None:
        assert publish_engine._auth(None) == {}
        basic = Credentials("a file", "robot$x", "secret")
        assert publish_engine._auth(basic) == {"username": "robot$x", "password": "secret"}
        assert publish_engine._auth(Credentials("a file", identity_token="t")) == {
            "identitytoken": "t"
        }
