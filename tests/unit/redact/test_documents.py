"""Secrets in parsed JSON."""

from __future__ import annotations

import pytest

from ksimage.redact.documents import Json, rewrite


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
