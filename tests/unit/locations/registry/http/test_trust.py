"""Which CAs and client certificates count for a host. TLS itself: tests/faults/test_tls.py."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from tests.support.tokens import make_certificate

from ksimage.errors import CertificateFileBroken
from ksimage.locations.registry.http import trust
from ksimage.locations.registry.http.trust import Trust, find_trust, tls_context


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(trust, "CERTS_D", (tmp_path / "docker", tmp_path / "containers"))
    monkeypatch.setattr(trust, "KUBEKEY_CAS", (tmp_path / "kubekey.pem",))
    return tmp_path


def _write(path: Path, text: str = "x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)
    return path


def test_nothing_there() -> None:
    assert find_trust("harbor.lan", None) == Trust()


def test_the_folder_is_named_after_host_and_port(folders: Path) -> None:
    ca = _write(folders / "docker" / "harbor.lan:8443" / "ca.crt")
    other = _write(folders / "containers" / "harbor.lan:8443" / "b.crt")
    client = _write(ca.with_name("client.cert")), _write(ca.with_name("client.key"))
    _write(ca.with_name("readme.txt"))
    assert find_trust("harbor.lan:8443", None) == Trust((ca, other), (client,))
    assert find_trust("harbor.lan", None) == Trust()


@pytest.mark.parametrize("host", ["", ".", "..", "../docker/harbor.lan", "a/b"])
def test_no_name_leads_out_of_the_folders(folders: Path, host: str) -> None:
    _write(folders / "docker" / "harbor.lan" / "ca.crt")
    _write(folders / "docker" / "ca.crt")
    _write(folders / "docker" / "a" / "b" / "ca.crt")
    assert find_trust(host, None).cas == ()


def test_half_a_pair(folders: Path) -> None:
    _write(folders / "docker" / "harbor.lan" / "client.cert")
    with pytest.raises(CertificateFileBroken):
        find_trust("harbor.lan", None)


def test_a_named_file_that_is_not_there(folders: Path) -> None:
    with pytest.raises(CertificateFileBroken):
        find_trust("harbor.lan", folders / "none.crt")


def test_kubekeys_own_counts_unless_anybody_could_have_written_it(folders: Path) -> None:
    path = _write(folders / "kubekey.pem")
    assert find_trust("harbor.lan", None).cas == (path,)
    assert find_trust("docker.io", None).cas == ()
    path.chmod(0o666)
    assert find_trust("harbor.lan", None).cas == ()


def test_a_context(folders: Path) -> None:
    ca, certificate, key = make_certificate(folders, "harbor.lan")
    made = tls_context(Trust((ca,), ((certificate, key),)), system=False)
    assert made.minimum_version == ssl.TLSVersion.TLSv1_2
    assert made.verify_mode == ssl.CERT_REQUIRED and made.check_hostname
    assert len(made.get_ca_certs()) == 1
    loose = tls_context(Trust(), verified=False)
    assert loose.verify_mode == ssl.CERT_NONE and not loose.check_hostname


def test_a_file_that_is_no_certificate(folders: Path) -> None:
    with pytest.raises(CertificateFileBroken):
        tls_context(Trust((_write(folders / "ca.crt"),)), system=False)
