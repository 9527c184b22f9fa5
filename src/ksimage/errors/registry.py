"""8: registry and network."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors.base import KsimageError

if TYPE_CHECKING:
    from collections.abc import Iterable


class RegistryError(KsimageError):
    """A registry cannot be reached, or answers something that cannot be used."""

    exit_code = 8


class BlobMissing(RegistryError):
    """A manifest names a blob that its repository does not have."""

    def __init__(self, name: str, digest: str) -> None:
        place = name.partition("@")[0]
        place += "" if ":" in place.rpartition("/")[2] else ":TAG"
        super().__init__(
            f"{name}: the registry has no blob {digest}",
            why="the manifest names it, but it was deleted, or never arrived",
            advice=[f"push it there again from a copy: ksimage push LOCATION {place}"],
        )


class CertificateRefused(RegistryError):
    """TLS verification failed."""

    def __init__(
        self, host: str, reason: str, advice: Iterable[str] = (), skipped: Iterable[str] = ()
    ) -> None:
        super().__init__(
            f"the certificate of {host} is not trusted: {reason}",
            why="no CA known to this machine vouches for it",
            advice=advice
            or [
                *skipped,
                "give the registry's CA: --ca-file ca.crt",
                f"or install it: /etc/docker/certs.d/{host}/ca.crt",
                "or, on a network that you trust, do without verification: --insecure",
            ],
        )


class GaveUp(RegistryError):
    """A passing fault did not pass."""

    def __init__(self, host: str, action: str, attempts: int, reason: str) -> None:
        super().__init__(
            f"{host}: {action} failed {attempts} time{'s' if attempts != 1 else ''}",
            why=reason,
            advice=["run the same command again: what already arrived is not sent twice"],
        )


class NotTls(RegistryError):
    """HTTPS was spoken to a port that speaks something else."""

    def __init__(self, host: str) -> None:
        super().__init__(
            f"{host} does not speak HTTPS",
            why="it is probably a registry on plain HTTP, which is used only on request "
            "and on this machine's own addresses",
            advice=["use it so, if this network may see the images and the login: --insecure"],
        )


class PolicyViolation(RegistryError):
    """A policy of the registry's project forbids the image (HTTP 412)."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(
            f"a policy of the registry's project forbids {name}",
            why=words,
            advice=["ask the project's administrator: Harbor > project > Configuration"],
        )


class ProjectMissing(RegistryError):
    """The registry has no such project (Harbor answers 401)."""

    def __init__(self, host: str, project: str) -> None:
        super().__init__(
            f"{host} has no project {project!r}",
            why="Harbor does not create projects when an image is pushed",
            advice=["create it on the way: the same command with --create-project"],
        )


class ProxyCacheProject(RegistryError):
    """The project is a cache of another registry; nobody can push to it."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(
            f"nothing can be pushed to {name}: its project is a proxy cache",
            why=words,
            advice=[
                f"push to another project: --to {name.partition('/')[0]}/PROJECT/ks-installer:TAG"
            ],
        )


class QuotaExceeded(RegistryError):
    """The project's storage quota is used up."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(
            f"the storage quota does not allow {name}",
            why=words,
            advice=["raise it (Harbor > Administration > Project Quotas), or delete old images"],
        )


class ReadOnlyRegistry(RegistryError):
    """The registry accepts no changes at present."""

    def __init__(self, host: str, words: str) -> None:
        super().__init__(
            f"{host} is read-only at present",
            why=words,
            advice=[
                "garbage collection or an administrator set it "
                "(Harbor > Configuration > System Settings); try again later"
            ],
        )


class RedirectRefused(RegistryError):
    """The registry sends the client to a place where it does not go."""

    def __init__(self, host: str, target: str, reason: str) -> None:
        super().__init__(
            f"{host} sends this client to {target}: {reason}",
            why="behind a proxy this happens when the registry's external URL is set wrong",
            advice=["use the registry by the name in its own settings, or correct that setting"],
        )


class RegistryRefused(RegistryError):
    """The registry said no, in a way that has no name of its own here."""

    def __init__(
        self, name: str, action: str, status: int, words: str, advice: Iterable[str] = ()
    ) -> None:
        super().__init__(
            f"the registry refused to {action} {name} (HTTP {status})",
            why=words or "it gave no reason",
            advice=advice,
        )


class RegistryUnreachable(RegistryError):
    """No connection."""

    def __init__(self, host: str, reason: str, advice: Iterable[str] = ()) -> None:
        super().__init__(
            f"cannot reach {host}",
            why=reason,
            advice=advice or [f"does it answer at all?  curl -kv https://{host}/v2/"],
        )


class RepositoryWithoutProject(RegistryError):
    """Harbor wants HOST/PROJECT/REPOSITORY."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(
            f"{name} is no name for this registry: {words}",
            why="Harbor keeps repositories in projects: HOST/PROJECT/REPOSITORY",
            advice=[f"--to {name.partition('/')[0]}/kubesphereio/ks-installer:TAG"],
        )


class TagNotShown(RegistryError):
    """A registry took a manifest for a tag, and does not show it under that tag."""

    def __init__(self, name: str, written: str, shown: str, seconds: float) -> None:
        super().__init__(
            f"the registry took {name}, but does not show it",
            why=f"{written} was accepted; {seconds:.0f} s later the tag still holds {shown}",
            advice=[
                f"look again: ksimage inspect {name}",
                "or run the same command again: what already arrived is not sent twice",
            ],
        )


class TokenServiceRefused(RegistryError):
    """The token service that a registry names gives no token, and not for want of a login."""

    def __init__(self, host: str, service: str, status: int, words: str) -> None:
        super().__init__(
            f"the token service {service} of {host} answered HTTP {status}",
            why=words or "it gave no reason",
            advice=["is the registry's realm set right?  (Harbor: external_url, hostname)"],
        )


class TokenServiceUnusable(RegistryError):
    """The token service that a registry names cannot be reached, or not be trusted."""

    def __init__(self, host: str, service: str, error: RegistryError) -> None:
        super().__init__(
            f"{host} sends clients to the token service {service}, which is of no use: "
            f"{error.message}",
            why=error.why,
            advice=[*error.advice, "or correct the registry's realm (Harbor: external_url)"],
        )


class UnusableAnswer(RegistryError):
    """The registry's answer is no answer of a registry."""

    def __init__(self, host: str, action: str, reason: str) -> None:
        super().__init__(
            f"{host}: the answer to {action} cannot be used: {reason}",
            why="it is no registry, or something between here and there answers in its place",
            advice=[f"look at it: curl -ki https://{host}/v2/"],
        )
