"""Which CAs vouch for a registry, and which client certificate is shown to it."""

from __future__ import annotations

import logging
import os
import ssl
import stat
from pathlib import Path
from typing import NamedTuple

from ksimage.errors import CertificateFileBroken
from ksimage.images.reference import DEFAULT_REGISTRY

CERTS_D = (Path("/etc/docker/certs.d"), Path("/etc/containers/certs.d"))

# kubekey v3.0.13 cmd/kk/pkg/bootstrap/registry/{tasks,certs}.go: the nodes, and the host of kk
KUBEKEY_CAS = (Path("/etc/ssl/registry/ssl/ca.crt"), Path("kubekey/pki/registry/ca.pem"))

log = logging.getLogger(__name__)


class Trust(NamedTuple):
    """CA files beside the system's, and client certificates with their keys.

    ``skipped``: what this user may not read, with the reason.
    """

    cas: tuple[Path, ...] = ()
    clients: tuple[tuple[Path, Path], ...] = ()
    skipped: tuple[str, ...] = ()


def find_trust(host: str, ca_file: Path | None) -> Trust:
    """What this machine holds for ``host`` (``harbor.lan:8443``, as docker names the folder).

    ``ca_file``, then ``certs.d/<host>/*.crt`` with ``*.cert`` and ``*.key`` pairs, then the places
    of KubeKey. The latter are not named after a host, so they never count for docker.io, and only
    when nobody but root or this user could have written them: one lies in the working folder.

    Raises:
        CertificateFileBroken: ``ca_file`` is not there, or half of a pair is missing.
    """
    cas: list[Path] = []
    clients: list[tuple[Path, Path]] = []
    skipped: list[str] = []
    if ca_file is not None:
        if not ca_file.is_file():
            raise CertificateFileBroken(str(ca_file), "no such file", missing=True)
        cas.append(ca_file)
    if "/" in host or host in ("", ".", ".."):
        return Trust(tuple(cas))
    for folder in (base / host for base in CERTS_D):
        found = _readable(folder, skipped)
        cas.extend(path for path in found if path.suffix == ".crt")
        for certificate in (path for path in found if path.suffix == ".cert"):
            key = certificate.with_suffix(".key")
            if key in found:
                clients.append((certificate, key))
            elif not os.path.lexists(key):
                raise CertificateFileBroken(str(certificate), f"its key {key.name} is missing")
    if host != DEFAULT_REGISTRY:
        cas.extend(path for path in KUBEKEY_CAS if _ours(path))
    return Trust(tuple(cas), tuple(clients), tuple(skipped))


def tls_context(trust: Trust, *, verified: bool = True, system: bool = True) -> ssl.SSLContext:
    """A client context: ``trust`` and the system's CAs, TLS 1.2 or later.

    Args:
        system: load the system's CAs, which takes 20 ms; :func:`add_system` does so later.

    Raises:
        CertificateFileBroken: a file is no certificate.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # as Python 3.13's default contexts, but for VERIFY_X509_STRICT, which refuses the certificates
    # that Harbor's own manual tells to make
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    if system and verified:
        add_system(context)
    for path in trust.cas:
        try:
            context.load_verify_locations(cafile=path)
        except (OSError, ssl.SSLError) as error:
            raise CertificateFileBroken(str(path), _words(error)) from error
        log.info("trusting the CA in %s", path)
    for certificate, key in trust.clients:
        try:
            # an encrypted key would ask on the terminal
            context.load_cert_chain(certificate, key, password=lambda: "")
        except (OSError, ssl.SSLError) as error:
            raise CertificateFileBroken(str(certificate), _words(error)) from error
        log.info("showing the client certificate %s", certificate)
    if not verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def add_system(context: ssl.SSLContext) -> None:
    """Have a context trust the system's CAs as well."""
    context.load_default_certs(ssl.Purpose.SERVER_AUTH)


def _readable(folder: Path, skipped: list[str]) -> list[Path]:
    """A folder's certificates and keys; those that this user may not read are no fault."""
    found = []
    path = folder
    try:
        for name in sorted(os.listdir(folder)):  # noqa: PTH208 - iterdir is lazy before 3.13
            path = folder / name
            if path.suffix in (".crt", ".cert", ".key"):
                path.open("rb").close()
                found.append(path)
    except (FileNotFoundError, NotADirectoryError):
        return found
    except PermissionError:
        skipped.append(f"{path} is there, but not for this user to read")
        log.info("%s", skipped[-1])
    return found


def _ours(path: Path) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return (
        stat.S_ISREG(status.st_mode)
        and status.st_uid in (0, os.geteuid())
        and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )


def _words(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return error.reason or "no certificate in PEM form"
    return error.strerror or str(error)
