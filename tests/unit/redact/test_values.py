"""What is worth hiding, and what may be replaced wherever it stands."""

from __future__ import annotations

import pytest

from ksimage.redact.values import identifier, plain, strong

STRONG = [
    "P@88w0rd", "Harbor12345", "hunter22", "openpitrixminioaccesskey", "a1b2c3", "zhPl4nted#2",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "5e884898da28047151d0e56f8dc62927", "Kube@云2023x",
]  # fmt: skip
WEAK = [
    "admin", "changeme", "enabled", "kubesphere", "letmein", "s3cR", "12345678", "redis-secret",
    "ks-console", "/etc/kubernetes/pki/ca.key", "v3.3.2", "192.168.0.2",
    "kubesphere/ks-installer:v3.3.2",
    "secretKeyRef", "PodSecurityPolicy", "get_password()", "2026-11-22", "must have 8 characters",
    "https://harbor.lan/x1", "[redacted:0a1b2c]", "authentication.", "----------",
]  # fmt: skip
PLAIN = [
    "", "true", "False", "null", "{{ password }}", "$PASSWORD", "${PASSWORD}", "$(cat x)", "<none>",
    "******", "8080", "[redacted:0a1b2c]", "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER", "REDIS_PASSWORD",
    "grafana-secrets", "%s", "password",
]  # fmt: skip


@pytest.mark.parametrize("value", STRONG)
def test_strong(value: str) -> None:
    assert strong(value)
    assert not plain(value)


@pytest.mark.parametrize("value", WEAK)
def test_weak(value: str) -> None:
    assert not strong(value)


@pytest.mark.parametrize("value", PLAIN)
def test_nothing_to_hide(value: str) -> None:
    assert plain(value)
    assert not strong(value)


@pytest.mark.parametrize("value", ["admin", "$6$salt$hash", "$apr1$salt$hash", "s3cR", "12345"])
def test_weak_but_hidden_at_its_key(value: str) -> None:
    assert not plain(value)


def test_base64_with_slashes_is_no_path() -> None:
    assert identifier("/kubesphere/results/monitoring")
    assert not identifier("wJalrXUtnFEMI/K7MDENG/bPxRfiCY")
