"""3: settings, credentials, certificates."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.errors.base import KsimageError

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
