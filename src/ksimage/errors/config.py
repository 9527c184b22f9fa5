"""2 and 3: the command line (Click's own UsageError has the same code), settings, credentials."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.errors.base import KsimageError
from ksimage.text import did_you_mean, reference_without_login

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import PurePath

MAX_FAULTS: Final = 50
"""More are counted, not shown."""


class Fault(NamedTuple):
    """One fault of the settings; prints as ``ksimage.yaml:3:7: verbosity: '9' is not ...``.

    Attributes:
        place: the file as the user knows it, or the variable's name.
        line, column: from 1, in characters; 0 for a variable or the file as a whole.
        key: dotted key, may be empty.
        reason: what is wrong.
        nearest: names that were perhaps meant.
    """

    place: str
    line: int
    column: int
    key: str
    reason: str
    nearest: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f"{self.place}:{self.line}:{self.column}" if self.line else self.place
        key = f"{self.key}: " if self.key else ""
        *more, last = self.nearest or ("",)
        names = f"{', '.join(more)} or {last}" if more else last
        return f"{where}: {key}{self.reason}{f'; did you mean {names}?' if last else ''}"


class ConfigError(KsimageError):
    """ksimage.yaml, a credentials file or an environment variable cannot be used."""

    exit_code = 3


class CertificateFileBroken(ConfigError):
    """A CA or client certificate file cannot be used."""

    def __init__(self, path: str, reason: str, *, missing: bool = False) -> None:
        look = [f"look at it: openssl x509 -noout -subject -in {shlex.quote(path)}"]
        self.message = f"certificate file {path} cannot be used: {reason}"
        self.advice = [] if missing else look


class CredentialHelperFailed(ConfigError):
    """docker-credential-NAME is missing or failed."""

    def __init__(self, helper: str, named_by: str, server: str, reason: str) -> None:
        self.message = f"credential helper {helper} (named by {named_by}) failed: {reason}"
        self.advice = [
            f"try it: echo {server} | {helper} get",
            "or log in for this run: --username USER --password-stdin",
        ]


class ProxyUnusable(ConfigError):
    """A proxy variable holds no URL. Its value is not shown: it may hold a password."""

    def __init__(self, variable: str) -> None:
        self.message = f"the environment variable {variable} is no URL of an HTTP proxy"
        self.advice = [
            f"export {variable}=http://HOST:PORT",
            f"or do without a proxy: unset {variable}",
        ]


class CredentialsFileBroken(ConfigError):
    """A file with registry logins is there but cannot be read."""

    def __init__(self, path: str, reason: str, *, mend: str = "") -> None:
        quoted = shlex.quote(path)
        self.message = f"credentials file {path} cannot be used: {reason}"
        self.why = "going on without it would mean going on without its logins"
        self.advice = [
            mend or f"mend it, or do without it: mv {quoted} {quoted}.old",
            "or log in for this run: --username USER --password-stdin",
        ]


class ConfigFaults(ConfigError):
    """The settings file or variables hold faults; ``faults`` has all of them, in order."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        count = len(self.faults)
        places = ", ".join(dict.fromkeys(fault.place for fault in self.faults))
        lines = [str(fault) for fault in self.faults[:MAX_FAULTS]]
        if count > len(lines):
            lines.append(f"and {count - len(lines)} more")
        self.message = f"{count} fault{'s' if count != 1 else ''} in {places}"
        self.why = "\n".join(lines)
        self.advice = ["every key: docs/configuration.md; for editors: ksimage config --schema"]


class ConfigMisnamed(ConfigError):
    """There is a settings file under a name that is not read."""

    def __init__(self, path: PurePath) -> None:
        self.message = f"{path} is not read"
        self.why = "the settings file is called ksimage.yaml"
        self.advice = [f"mv {path} {path.with_name('ksimage.yaml')}", f"or --config {path}"]


class ConfigNotFound(ConfigError):
    """The settings file that was named does not exist."""

    def __init__(self, path: str) -> None:
        self.message = f"there is no settings file {path}"
        self.why = "it was named by --config or KSIMAGE_CONFIG"
        self.advice = ["a commented one to start from: ksimage init"]


class ConfigUnreadable(ConfigError):
    """The settings file cannot be read."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"cannot read the settings file {path}", why=reason)


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
        path = reference_without_login(path)
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
