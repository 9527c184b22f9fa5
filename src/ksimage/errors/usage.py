"""2: the command line. Click's own UsageError has the same code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors.base import KsimageError
from ksimage.text import did_you_mean, reference_without_login

if TYPE_CHECKING:
    from collections.abc import Sequence


class UsageError(KsimageError):
    """The command line asks for something that makes no sense."""

    exit_code = 2


class BadOption(UsageError):
    """A flag's value cannot be used."""

    def __init__(self, flag: str, reason: str, nearest: Sequence[str] = ()) -> None:
        super().__init__(f"{flag}: {reason}", advice=did_you_mean(nearest))


class BadReference(UsageError):
    """A text is not an image reference or location."""

    def __init__(self, text: str, reason: str) -> None:
        shown = reference_without_login(text)
        login = ["a login has no place in it: docker login, or --username with --password-stdin"]
        self.message = f"{shown!r} is not an image reference: {reason}"
        self.advice = [
            *(login if shown != text else ()),
            "a registry:  harbor.lan/kubesphereio/ks-installer:v3.3.2",
            "elsewhere:   docker-daemon:NAME:TAG  oci:DIR[:REF]  oci-archive:FILE  "
            "docker-archive:FILE  kubekey:PATH",
        ]


class FileWithoutTransport(UsageError):
    """A file's bare name stands where an image is expected."""

    def __init__(self, path: str) -> None:
        self.nearest = (f"docker-archive:{path}", f"oci-archive:{path}")
        self.message = (
            f"{path!r} is the name of a file, and as an image it would be one in a registry"
        )
        self.advice = did_you_mean(self.nearest)


class LoginIncomplete(UsageError):
    """A user name without a password, or the other way round."""

    def __init__(self, missing: str) -> None:
        password = ["add --password-stdin < FILE  (a pipe will do as well)", "or KSIMAGE_PASSWORD"]
        name = ["add --username USER", "or KSIMAGE_USERNAME"]
        self.message = f"a login was given without its {missing}"
        self.advice = password if missing == "password" else name


class PlatformNeeded(UsageError):
    """The destination holds one platform, the image has several."""

    def __init__(self, name: str, present: Sequence[str]) -> None:
        self.message = f"{name} can hold one platform only, and the image has {', '.join(present)}"
        self.advice = [
            *[f"--platform {platform}" for platform in present[:1]],
            "or keep all of them: --to oci-archive:FILE",
        ]


class UnknownTransport(UsageError):
    """``docker-deamon:…``, or a transport of containers tools that ksimage does not have."""

    def __init__(self, text: str, transport: str, nearest: Sequence[str]) -> None:
        self.nearest = tuple(f"{name}:" for name in nearest)
        self.message = f"{reference_without_login(text)!r}: unknown transport {transport + ':'!r}"
        self.advice = [
            *did_you_mean(self.nearest),
            "transports: docker-daemon:NAME:TAG  oci:DIR[:REF]  oci-archive:FILE[:REF]  "
            "docker-archive:FILE[:NAME:TAG]  kubekey:PATH[:TAG]",
            "anything else: skopeo copy SOURCE oci-archive:FILE",
        ]
