"""Every error that a user can meet, in one place.

Each class owns its text: what happened (``message``), why (``why``) and what to type next
(``advice``, one command or sentence a line). Keeping them together keeps them distinct and keeps
the table of exit codes in ``docs/exit-codes.md`` honest (a test compares the two).

An exit code belongs to a family (the direct subclasses of :class:`KsimageError`); ``kind`` is the
stable name of the single class in JSON output.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class KsimageError(Exception):
    """Base of all errors that are shown without a traceback.

    Attributes:
        message: one or two sentences, what happened.
        why: the cause as far as it is known, may be empty.
        advice: lines to read or type next, may be empty.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, why: str = "", advice: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.why = why
        self.advice: tuple[str, ...] = tuple(advice)

    @property
    def kind(self) -> str:
        """Kebab-case class name, stable for scripts: ``PatchConflict`` -> ``patch-conflict``."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", type(self).__name__).lower()


def _nearest(names: Sequence[str]) -> list[str]:
    return [f"did you mean: {', '.join(names)}"] if names else []


# --- 2: usage. Click's own UsageError has the same code. ----------------------------------------


class UsageError(KsimageError):
    """The command line asks for something that makes no sense."""

    exit_code = 2


class BadReference(UsageError):
    """A text is not an image reference or location."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(
            f"{text!r} is not an image reference: {reason}",
            advice=[
                "a registry:  harbor.lan/kubesphereio/ks-installer:v3.3.2",
                "elsewhere:   docker-daemon:NAME:TAG  oci:DIR[:REF]  oci-archive:FILE  "
                "docker-archive:FILE",
            ],
        )


# --- 3: configuration ---------------------------------------------------------------------------


class ConfigError(KsimageError):
    """ksimage.yaml, a credentials file or an environment variable cannot be used."""

    exit_code = 3


# --- 4: the base image or release is not there --------------------------------------------------


class NotFound(KsimageError):
    """A release, an image or the hook inside it does not exist."""

    exit_code = 4


class UnknownRelease(NotFound):
    """The name is no upstream release."""

    def __init__(self, name: str, nearest: Sequence[str]) -> None:
        super().__init__(
            f"unknown release {name!r}",
            why="it is not one of the upstream ks-installer tags that ksimage knows",
            advice=[
                *_nearest(nearest),
                "all known releases: ksimage patches check --all",
                "or give the image itself: ksimage build REGISTRY/ks-installer:TAG",
            ],
        )


class UnsupportedRelease(NotFound):
    """Upstream shipped it, but ksimage does not patch it, on purpose."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"release {name} is not supported",
            why=reason,
            advice=["supported: every tag from v3.0.0 to v3.4.1"],
        )


class ImageNotFound(NotFound):
    """The location holds no such image."""

    def __init__(self, name: str, *, why: str = "", advice: Iterable[str] = ()) -> None:
        super().__init__(f"no image at {name}", why=why, advice=advice)


class PlatformNotFound(NotFound):
    """The image has no manifest for the platform asked for."""

    def __init__(self, name: str, wanted: str, present: Sequence[str]) -> None:
        super().__init__(
            f"{name} has no platform {wanted}",
            why=f"it holds {', '.join(present) or 'none'}",
            advice=[f"--platform {present[0]}"] if present else [],
        )


class HookNotFound(NotFound):
    """The image has no usable installRunner.py."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} holds no usable /hooks/kubesphere/installRunner.py",
            why=reason,
            advice=["is it a ks-installer image?  ksimage inspect " + name],
        )


# --- 5: patches ---------------------------------------------------------------------------------


class PatchError(KsimageError):
    """A patch, or the series, cannot be used. No image is made."""

    exit_code = 5


# --- 6: proofs ----------------------------------------------------------------------------------


class ProofFailed(KsimageError):
    """The finished image is not what it must be; it is not handed out."""

    exit_code = 6

    def __init__(self, name: str, failures: Sequence[str]) -> None:
        super().__init__(
            f"{name} fails {len(failures)} proof{'s' if len(failures) != 1 else ''}",
            why="; ".join(failures),
            advice=["nothing was tagged or pushed by this run"],
        )
        self.failures = tuple(failures)


# --- 7: container engine ------------------------------------------------------------------------


class EngineError(KsimageError):
    """The Docker Engine is missing or refused."""

    exit_code = 7


# --- 8: registry and network --------------------------------------------------------------------


class RegistryError(KsimageError):
    """A registry cannot be reached, or answers something that cannot be used."""

    exit_code = 8


# --- 9: authentication and authorization --------------------------------------------------------


class AuthError(KsimageError):
    """A registry wants other credentials, or the account lacks a right."""

    exit_code = 9


# --- 10: tags -----------------------------------------------------------------------------------


class TagError(KsimageError):
    """A tag holds something that must not be overwritten."""

    exit_code = 10


# --- 11: malformed or hostile images ------------------------------------------------------------


class MalformedImage(KsimageError):
    """An image breaks its format, or a bound that protects this machine."""

    exit_code = 11

    def __init__(self, name: str, reason: str, *, advice: Iterable[str] = ()) -> None:
        super().__init__(f"{name} is not a valid image", why=reason, advice=advice)


class DigestMismatch(MalformedImage):
    """The bytes are not those that the digest names."""

    def __init__(self, name: str, expected: str, actual: str) -> None:
        super().__init__(
            name,
            f"expected {expected}, got {actual}",
            advice=[
                "the copy is damaged or was tampered with: copy the image again from its source"
            ],
        )


class UnsupportedImage(MalformedImage):
    """A valid image of a kind that cannot be derived from."""


# --- 12: work to do / differences (not failures: answers for scripts) ---------------------------


class Outdated(KsimageError):
    """`ksimage check` found images that a build would change."""

    exit_code = 12


class NotReproducible(KsimageError):
    """`ksimage reproduce` got another digest."""

    exit_code = 13


# --- 14: files on this machine ------------------------------------------------------------------


class FileError(KsimageError):
    """A file or folder cannot be read or written."""

    exit_code = 14
