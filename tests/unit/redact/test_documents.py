"""Secrets in parsed JSON."""

from __future__ import annotations

import pytest

from ksimage.redact.documents import Json, kubernetes_secrets, rewrite


def _hidden(document: Json) -> Json:
    return rewrite(document, lambda _secret: "***", lambda text: text)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"password": "admin", "user": "admin"}, {"password": "***", "user": "admin"}),
        ({"token": "ks-token", "secret": "x"}, {"token": "ks-token", "secret": "x"}),
        ({"token": "abc123xyz"}, {"token": "***"}),
        ({"password": True, "pass": None}, {"password": True, "pass": None}),
        ({"password": 12345678, "passwd": 80}, {"password": "***", "passwd": 80}),
        ({"passwords": ["one", "two"]}, {"passwords": ["***", "***"]}),
        ({"secret": {"secretName": "x1y2z3a4"}}, {"secret": {"secretName": "x1y2z3a4"}}),
        ({"password": "{{ password }}"}, {"password": "{{ password }}"}),
        ({"name": "DB_PASSWORD", "value": "sword"}, {"name": "DB_PASSWORD", "value": "***"}),
        ({"name": "DB_HOST", "value": "x1y2z3"}, {"name": "DB_HOST", "value": "x1y2z3"}),
        (["x", "--password", "y", "z"], ["x", "--password", "***", "z"]),
        (["--password", "--token", "a1b2c3d4"], ["--password", "--token", "***"]),
        (["--password=x", "y"], ["--password=x", "y"]),
        (
            {"kind": "Secret", "data": {"a": "eA==", "ca.crt": "eQ=="}},
            {"kind": "Secret", "data": {"a": "***", "ca.crt": "eQ=="}},
        ),
        ({"kind": "ConfigMap", "data": {"a": "b"}}, {"kind": "ConfigMap", "data": {"a": "b"}}),
        ({"auths": {"h": {"auth": "YTpi"}}}, {"auths": {"h": {"auth": "***"}}}),
    ],
)
def test_documents(document: Json, expected: Json) -> None:
    assert _hidden(document) == expected


def test_nested_beyond_reason_is_said_so() -> None:
    document: Json = "x"
    for _ in range(100_000):
        document = [document]
    with pytest.raises(RecursionError):
        _hidden(document)


SECRET = """\
apiVersion: v1
data:
  ca.crt: cHVibGlj
  password: aHVudGVyMg==
  other: "eHl6"
kind: Secret
metadata:
  name: x
"""


def test_values_before_and_after_the_kind() -> None:
    assert [site.value for site in kubernetes_secrets(SECRET)] == ["aHVudGVyMg==", "eHl6"]
    turned = "kind: Secret\nstringData:\n  a: b1\ntype: Opaque\n"
    assert [site.value for site in kubernetes_secrets(turned)] == ["b1"]


def test_in_a_list_and_beside_other_documents() -> None:
    listed = "items:\n" + "".join(
        ("- " if not n else "  ") + line + "\n" for n, line in enumerate(SECRET.splitlines())
    )
    assert [site.value for site in kubernetes_secrets(listed)] == ["aHVudGVyMg==", "eHl6"]
    other = "kind: ConfigMap\ndata:\n  a: b2\n---\n" + SECRET + "---\ndata:\n  c: d3\n"
    assert [site.value for site in kubernetes_secrets(other)] == ["aHVudGVyMg==", "eHl6"]


def test_other_kinds_stay() -> None:
    assert not list(kubernetes_secrets(SECRET.replace("Secret", "ConfigMap")))
    assert not list(kubernetes_secrets("kind: SecretList\ndata:\n  a: b\n"))
