"""Which names have secrets as values."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksimage.redact.keys import TRIGGERS, KeyKind, kind_of

PASSWORDS = [
    "password", "adminPassword", "MINIO_ROOT_PASSWORD", "PGPASSWORD", "ansible_ssh_pass", "rootPw",
    "sonarqube_user_passwd", "passphrase", "requirepass", "bindpw", "password2", "passwordHash",
    "pwd", ".dockerconfigjson", "docker-password", "ldap_default_authtok",
]  # fmt: skip
AMBIGUOUS = [
    "jwtSecret", "token", "secretKey", "aws_secret_access_key", "AWS_ACCESS_KEY_ID", "apiKey",
    "auth",
    "client-key-data", "certificate-key", "clientSecret", "Authorization", "_authToken", "tls.key",
]  # fmt: skip
NEITHER = [
    "secretName", "tokenReview", "imagePullSecret", "existingSecret", "passwordPolicy", "bypass",
    "automountServiceAccountToken", "authenticateType", "key", "publicKey", "author", "keyring",
    "max_tokens", "pwdx", "token_ttl", "no_auth", "compass", "", "secretid", "x" * 200 + "password",
]  # fmt: skip


@pytest.mark.parametrize("name", PASSWORDS)
def test_passwords(name: str) -> None:
    assert kind_of(name) is KeyKind.PASSWORD


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_names_that_may_be_of_names(name: str) -> None:
    assert kind_of(name) is KeyKind.AMBIGUOUS


@pytest.mark.parametrize("name", NEITHER)
def test_names_of_something_else(name: str) -> None:
    assert kind_of(name) is KeyKind.NONE


@given(st.text(alphabet="passwordSECRETtokenKEYauth_-.jw1", max_size=30))
def test_every_secret_name_holds_a_trigger(name: str) -> None:
    if kind_of(name) is not KeyKind.NONE:
        assert any(trigger in name.lower() for trigger in TRIGGERS)
