"""References: the grammar of distribution's reference package."""

from __future__ import annotations

import pytest

from ksimage.errors import BadReference
from ksimage.images import reference

DIGEST = "sha256:" + "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("busybox", "docker.io/library/busybox"),
        ("busybox:1.36", "docker.io/library/busybox:1.36"),
        ("kubesphere/ks-installer:v3.3.2", "docker.io/kubesphere/ks-installer:v3.3.2"),
        ("index.docker.io/kubesphere/x", "docker.io/kubesphere/x"),
        ("harbor.lan/kubesphereio/ks-installer:v3.3.2", None),
        ("127.0.0.1:5000/ks-installer", None),
        ("localhost/ks-installer:x", None),
        ("localhost:5000/a/b/c", None),
        ("[fd00::1]:5000/a:b", None),
        ("harbor.lan/a/b_c/d__e/f-g/h--i.j:T.a-g_1", None),
        ("HARBOR.lan/a:B", None),
        (f"harbor.lan/a@{DIGEST}", None),
        (f"harbor.lan/a:tag@{DIGEST}", None),
    ],
)
def test_parsed(text: str, canonical: str | None) -> None:
    found = reference.parse(text)
    assert str(found) == (canonical or text)
    assert reference.parse(str(found)) == found


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":",
        "/",
        "@",
        "a:",
        "a/",
        "/a",
        "a//b",
        "A/b",
        "harbor.lan/Upper",
        "https://harbor.lan/a",
        "a:b:c",
        "a b",
        "a\n",
        "a:b\n",
        "a:" + "t" * 129,
        "a:-x",
        "a:.x",
        "x" * 256,
        "a..b/c:",
        "a@sha256:abc",
        "a@sha512:" + "a" * 128,
        f"a@{DIGEST}\n",
        f"a@{DIGEST.upper()}",
        "harbor.lan:999999/a",
        "harbor.lan:x/a",
        "-host.lan/a",
        "user:password@harbor.lan/a",
        "../../etc/passwd",
        "a/../b",
        "\u0430/b",
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(BadReference) as caught:
        reference.parse(text)
    assert caught.value.exit_code == 2


def test_target_and_changes() -> None:
    found = reference.parse("harbor.lan/a:t")
    assert found.target == "t"
    assert found.with_digest(DIGEST).target == DIGEST
    assert str(found.with_digest(DIGEST)) == f"harbor.lan/a:t@{DIGEST}"
    assert str(found.with_digest(DIGEST).with_tag("u")) == "harbor.lan/a:u"
    assert found.name == "harbor.lan/a"
    with pytest.raises(BadReference):
        _ = reference.parse("harbor.lan/a").target
    with pytest.raises(BadReference):
        found.with_tag("no tag")
    with pytest.raises(BadReference):
        found.with_digest("sha256:x")
