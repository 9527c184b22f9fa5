"""8 and 10: registries, the network, and tags that must not be overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors.base import KsimageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class RegistryError(KsimageError):
    """A registry cannot be reached, or answers something that cannot be used."""

    exit_code = 8


class BlobMissing(RegistryError):
    """A manifest names a blob that its repository does not have."""

    def __init__(self, name: str, digest: str) -> None:
        place = name.partition("@")[0]
        place += "" if ":" in place.rpartition("/")[2] else ":TAG"
        self.message = f"{name}: the registry has no blob {digest}"
        self.why = "the manifest names it, but it was deleted, or never arrived"
        self.advice = [f"push it there again from a copy: ksimage push LOCATION {place}"]


class CertificateRefused(RegistryError):
    """TLS verification failed."""

    def __init__(
        self, host: str, reason: str, advice: Sequence[str] = (), skipped: Iterable[str] = ()
    ) -> None:
        self.message = f"the certificate of {host} is not trusted: {reason}"
        self.why = "no CA known to this machine vouches for it"
        self.advice = advice or [
            *skipped,
            "give the registry's CA: --ca-file ca.crt",
            f"or install it: /etc/docker/certs.d/{host}/ca.crt",
            "or, on a network that you trust, do without verification: --insecure",
        ]


class GaveUp(RegistryError):
    """A passing fault did not pass."""

    def __init__(self, host: str, action: str, attempts: int, reason: str) -> None:
        self.message = f"{host}: {action} failed {attempts} time{'s' if attempts != 1 else ''}"
        self.why = reason
        self.advice = ["run the same command again: what already arrived is not sent twice"]


class NotTls(RegistryError):
    """HTTPS was spoken to a port that speaks something else."""

    def __init__(self, host: str) -> None:
        self.message = f"{host} does not speak HTTPS"
        self.why = (
            "it is probably a registry on plain HTTP, which is used only on request "
            "and on this machine's own addresses"
        )
        self.advice = ["use it so, if this network may see the images and the login: --insecure"]


class PolicyViolation(RegistryError):
    """A policy of the registry's project forbids the image (HTTP 412)."""

    def __init__(self, name: str, words: str) -> None:
        self.message = f"a policy of the registry's project forbids {name}"
        self.why = words
        self.advice = ["ask the project's administrator: Harbor > project > Configuration"]


class ProjectMissing(RegistryError):
    """The registry has no such project (Harbor answers 401)."""

    def __init__(self, host: str, project: str) -> None:
        self.message = f"{host} has no project {project!r}"
        self.why = "Harbor does not create projects when an image is pushed"
        self.advice = ["create it on the way: the same command with --create-project"]


class ProxyCacheProject(RegistryError):
    """The project is a cache of another registry; nobody can push to it."""

    def __init__(self, name: str, words: str) -> None:
        self.message = f"nothing can be pushed to {name}: its project is a proxy cache"
        self.why = words
        self.advice = [
            f"push to another project: --to {name.partition('/')[0]}/PROJECT/ks-installer:TAG"
        ]


class QuotaExceeded(RegistryError):
    """The project's storage quota is used up."""

    def __init__(self, name: str, words: str) -> None:
        self.message = f"the storage quota does not allow {name}"
        self.why = words
        self.advice = ["raise it (Harbor > Administration > Project Quotas), or delete old images"]


class ReadOnlyRegistry(RegistryError):
    """The registry accepts no changes at present."""

    def __init__(self, host: str, words: str) -> None:
        self.message = f"{host} is read-only at present"
        self.why = words
        self.advice = [
            "garbage collection or an administrator set it "
            "(Harbor > Configuration > System Settings); try again later"
        ]


class RedirectRefused(RegistryError):
    """The registry sends the client to a place where it does not go."""

    def __init__(self, host: str, target: str, reason: str) -> None:
        self.message = f"{host} sends this client to {target}: {reason}"
        self.why = "behind a proxy this happens when the registry's external URL is set wrong"
        self.advice = ["use the registry by the name in its own settings, or correct that setting"]


class RegistryRefused(RegistryError):
    """The registry said no, in a way that has no name of its own here."""

    def __init__(
        self, name: str, action: str, status: int, words: str, advice: Sequence[str] = ()
    ) -> None:
        self.message = f"the registry refused to {action} {name} (HTTP {status})"
        self.why = words or "it gave no reason"
        self.advice = advice


class RegistryUnreachable(RegistryError):
    """No connection."""

    def __init__(self, host: str, reason: str, advice: Sequence[str] = ()) -> None:
        self.message = f"cannot reach {host}"
        self.why = reason
        self.advice = advice or [f"does it answer at all?  curl -kv https://{host}/v2/"]


class RepositoryWithoutProject(RegistryError):
    """Harbor wants HOST/PROJECT/REPOSITORY."""

    def __init__(self, name: str, words: str) -> None:
        self.message = f"{name} is no name for this registry: {words}"
        self.why = "Harbor keeps repositories in projects: HOST/PROJECT/REPOSITORY"
        self.advice = [f"--to {name.partition('/')[0]}/kubesphereio/ks-installer:TAG"]


class TagNotShown(RegistryError):
    """A registry took a manifest for a tag, and does not show it under that tag."""

    def __init__(self, name: str, written: str, shown: str, seconds: float) -> None:
        self.message = f"the registry took {name}, but does not show it"
        self.why = f"{written} was accepted; {seconds:.0f} s later the tag still holds {shown}"
        self.advice = [
            f"look again: ksimage inspect {name}",
            "or run the same command again: what already arrived is not sent twice",
        ]


class TokenServiceRefused(RegistryError):
    """The token service that a registry names gives no token, and not for want of a login."""

    def __init__(self, host: str, service: str, status: int, words: str) -> None:
        self.message = f"the token service {service} of {host} answered HTTP {status}"
        self.why = words or "it gave no reason"
        self.advice = ["is the registry's realm set right?  (Harbor: external_url, hostname)"]


class TokenServiceUnusable(RegistryError):
    """The token service that a registry names cannot be reached, or not be trusted."""

    def __init__(self, host: str, service: str, error: RegistryError) -> None:
        self.message = (
            f"{host} sends clients to the token service {service}, which is of no use: "
            f"{error.message}"
        )
        self.why = error.why
        self.advice = [*error.advice, "or correct the registry's realm (Harbor: external_url)"]


class UnusableAnswer(RegistryError):
    """The registry's answer is no answer of a registry."""

    def __init__(self, host: str, action: str, reason: str) -> None:
        self.message = f"{host}: the answer to {action} cannot be used: {reason}"
        self.why = "it is no registry, or something between here and there answers in its place"
        self.advice = [f"look at it: curl -ki https://{host}/v2/"]


class TagError(KsimageError):
    """A tag holds something that must not be overwritten."""

    exit_code = 10


class TagImmutable(TagError):
    """The registry protects the tag by a rule (HTTP 412)."""

    def __init__(self, name: str, words: str) -> None:
        self.message = (
            f"the registry protects {name}: it cannot be pushed again, not even unchanged"
        )
        self.why = words
        self.advice = [
            "push under another tag: --tag TAG",
            "or change the rule: Harbor > project > Policy > Tag Immutability",
        ]


class TagMoved(TagError):
    """Somebody else wrote the tag while this run was at work."""

    def __init__(self, name: str, expected: str, actual: str) -> None:
        self.message = f"{name} was changed by somebody else meanwhile"
        self.why = f"it was expected to hold {expected}, and holds {actual}"
        self.advice = [f"ksimage inspect {name}", "then run the same command again"]


class KeptTagOccupied(TagError):
    """Replacing would lose what the tag holds: every ``-orig`` is taken by another image."""

    def __init__(self, name: str, held: str, what: str, last: str) -> None:
        self.message = f"{name} was not replaced: what it holds could not be kept"
        self.why = (
            f"it holds {what}; digest {held}\n"
            f"<tag>-orig and all names up to {last} hold other images"
        )
        self.advice = [
            "delete those that nobody needs any more",
            "or choose another tag: --tag TAG",
        ]


class TagOccupied(TagError):
    """The tag holds another image, and nobody asked to replace it.

    ``differences``: from the new image; none where it cannot be read. ``kept``: whether ``place``
    is free for it; where it is not, our own earlier build is let go.
    """

    def __init__(
        self,
        name: str,
        digest: str,
        what: str,
        place: str,
        differences: Sequence[str] = (),
        *,
        kept: bool = True,
    ) -> None:
        listed = [f"differs from this one: {difference}" for difference in differences]
        self.message = f"{name} already holds another image"
        self.why = "\n".join([f"it holds {what}; digest {digest}", *listed])
        self.advice = (
            [
                f"replace it, keeping what is there as {place}: add --replace"
                if kept
                else f"replace it; this earlier build is not kept, {place} is taken: add --replace",
                "or choose another name: --tag TAG, or --to",
            ]
            if place
            else [
                "it is replaced whole, and nothing of it is kept: add --replace",
                "or write to another one: --to oci-archive:OTHER.tar",
            ]
        )


class DestinationIsSource(TagError):
    """The result would take the place of the file that it is made from."""

    def __init__(self, name: str, source: str) -> None:
        self.message = f"{name} is the file that the image is read from"
        self.why = f"writing there would destroy the only copy of {source}"
        self.advice = ["write to another file: --to docker-archive:OTHER.tar"]
