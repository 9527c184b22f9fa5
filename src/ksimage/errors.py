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
    from pathlib import PurePath

    from ksimage.config.faults import Fault


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


class BadOption(UsageError):
    """A flag's value cannot be used."""

    def __init__(self, flag: str, reason: str, nearest: Sequence[str] = ()) -> None:
        super().__init__(f"{flag}: {reason}", advice=_nearest(nearest))


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


class LoginIncomplete(UsageError):
    """A user name without a password, or the other way round."""

    def __init__(self, missing: str) -> None:
        super().__init__(
            f"a login was given without its {missing}",
            advice=["--username USER --password-stdin"],
        )


class PlatformNeeded(UsageError):
    """The destination holds one platform, the image has several."""

    def __init__(self, name: str, present: Sequence[str]) -> None:
        super().__init__(
            f"{name} can hold one platform only, and the image has {', '.join(present)}",
            advice=[
                *[f"--platform {platform}" for platform in present[:1]],
                "or keep all of them: --to oci-archive:FILE",
            ],
        )


class UnknownTransport(UsageError):
    """``docker-deamon:…``, or a transport of containers tools that ksimage does not have."""

    def __init__(self, text: str, transport: str, nearest: Sequence[str]) -> None:
        super().__init__(
            f"{text!r}: unknown transport {transport + ':'!r}",
            advice=[
                *_nearest([f"{name}:" for name in nearest]),
                "transports: docker-daemon:NAME:TAG  oci:DIR[:REF]  oci-archive:FILE[:REF]  "
                "docker-archive:FILE[:NAME:TAG]",
                "anything else: skopeo copy SOURCE oci-archive:FILE",
            ],
        )


# --- 3: configuration ---------------------------------------------------------------------------


class ConfigError(KsimageError):
    """ksimage.yaml, a credentials file or an environment variable cannot be used."""

    exit_code = 3


class CertificateFileBroken(ConfigError):
    """A CA or client certificate file cannot be used."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"certificate file {path} cannot be used: {reason}",
            advice=[f"look at it: openssl x509 -noout -subject -in {path}"],
        )


class CredentialHelperFailed(ConfigError):
    """docker-credential-NAME is missing or failed."""

    def __init__(self, helper: str, named_by: str, reason: str) -> None:
        super().__init__(
            f"credential helper {helper} (named by {named_by}) failed: {reason}",
            advice=[
                f"try it: echo HOST | {helper} get",
                "or log in for this run: --username USER --password-stdin",
            ],
        )


class ProxyUnusable(ConfigError):
    """A proxy variable holds no URL. Its value is not shown: it may hold a password."""

    def __init__(self, variable: str) -> None:
        super().__init__(
            f"the environment variable {variable} is no URL of an HTTP proxy",
            advice=["http://HOST:PORT, or unset it"],
        )


class CredentialsFileBroken(ConfigError):
    """A file with registry logins is there but cannot be read."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(
            f"credentials file {path} cannot be used: {reason}",
            why="going on without it would mean going on without its logins",
            advice=[
                "mend it, or write it anew: docker login HOST",
                "or log in for this run: --username USER --password-stdin",
            ],
        )


class ConfigFaults(ConfigError):
    """The settings file or variables hold faults; ``faults`` has all of them, in order."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        count = len(self.faults)
        places = ", ".join(dict.fromkeys(fault.place for fault in self.faults))
        lines = [str(fault) for fault in self.faults[:50]]
        if count > len(lines):
            lines.append(f"and {count - len(lines)} more")
        super().__init__(
            f"{count} fault{'s' if count != 1 else ''} in {places}",
            why="\n".join(lines),
            advice=["every key: docs/configuration.md; for editors: ksimage config --schema"],
        )


class ConfigMisnamed(ConfigError):
    """There is a settings file under a name that is not read."""

    def __init__(self, path: PurePath) -> None:
        super().__init__(
            f"{path} is not read",
            why="the settings file is called ksimage.yaml",
            advice=[f"mv {path} {path.with_name('ksimage.yaml')}", f"or --config {path}"],
        )


class ConfigNotFound(ConfigError):
    """The settings file that was named does not exist."""

    def __init__(self, path: str) -> None:
        super().__init__(
            f"there is no settings file {path}",
            why="it was named by --config or KSIMAGE_CONFIG",
            advice=["a commented one to start from: ksimage init"],
        )


class ConfigUnreadable(ConfigError):
    """The settings file cannot be read."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"cannot read the settings file {path}", why=reason)


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
                "all known releases: ksimage releases",
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


class AmbiguousImage(NotFound):
    """A layout or archive holds several images and none was named."""

    def __init__(self, name: str, present: Sequence[str]) -> None:
        shown = [f"{name}{':' if not text.startswith('@') else ''}{text}" for text in present[:20]]
        more = [f"and {len(present) - 20} more"] if len(present) > 20 else []
        self.present = tuple(present)
        super().__init__(
            f"{name} does not say which of {len(present)} images is meant",
            advice=["name one:", *(f"  {text}" for text in shown), *more],
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


class CloneUnusable(NotFound):
    """A clone of upstream's repository does not have what was asked for."""

    def __init__(self, clone: str, tag: str, words: str) -> None:
        super().__init__(
            f"{clone} gives no hook of {tag}",
            why=words,
            advice=["it must be a clone of kubesphere/ks-installer with all its tags"],
        )


class HookNotFound(NotFound):
    """The image has no usable installRunner.py."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} holds no usable /hooks/kubesphere/installRunner.py",
            why=reason,
            advice=["is it a ks-installer image?  ksimage inspect " + name],
        )


class BaseMoved(NotFound):
    """The base is not the one that was pinned by digest."""

    def __init__(self, name: str, pinned: str, found: str) -> None:
        super().__init__(
            f"{name} is not the base that was pinned",
            why=f"pinned is {pinned}, it holds {found}",
            advice=["look what it is: ksimage inspect " + name, "then pin the new digest"],
        )


class ReleaseMismatch(NotFound):
    """The image holds the hook of another release than the one asked for."""

    def __init__(self, name: str, wanted: str, found: Sequence[str]) -> None:
        super().__init__(
            f"{name} is not {wanted}",
            why=f"its hook is upstream's of {' or '.join(found)}",
            advice=[f"build what it is: ksimage build {found[0]}", f"or ksimage build {name}"],
        )


class UpstreamWithdrawn(NotFound):
    """The public default has nothing any more."""

    def __init__(self, name: str, found: str) -> None:
        super().__init__(
            f"{name} is not available: {found}",
            why="upstream withdrew its public images in 2025-07; ksimage patches the copy you have",
            advice=[
                "your Harbor:        --from harbor.lan/kubesphereio",
                "the local engine:   --from docker-daemon:kubesphere/ks-installer",
                "a saved image:      --from docker-archive:ks-installer.tar",
                "a KubeKey artifact: --from oci:kubekey/images",
            ],
        )


# --- 5: patches ---------------------------------------------------------------------------------


class PatchError(KsimageError):
    """A patch, the series, or the hook that came out of them cannot be used. No image is made.

    Attributes:
        path: the patch or series file (or its name) that an annotation can point at, or None.
        line: the line in that file, counted from 1, or None.
    """

    exit_code = 5

    def __init__(
        self,
        message: str,
        *,
        why: str = "",
        advice: Iterable[str] = (),
        path: str | None = None,
        line: int | None = None,
    ) -> None:
        super().__init__(message, why=why, advice=advice)
        self.path = path
        self.line = line


def _place(path: str, line: int | None) -> str:
    return path if line is None else f"{path}:{line}"


class BasePatched(PatchError):
    """The base was made by ksimage: its patches are in it already."""

    def __init__(self, name: str, what: str, original: str) -> None:
        super().__init__(
            f"{name} is already patched",
            why=f"it is a {what}",
            advice=[
                f"build from what it was made from: ksimage build {original}"
                if original
                else "build from upstream's image: ksimage build RELEASE --from LOCATION",
                f"is it intact?  ksimage verify {name}",
            ],
        )


class HookBroken(PatchError):
    """The patched hook is no Python 3 that the image's interpreter could run."""

    def __init__(self, name: str, reason: str, *, line: int | None = None) -> None:
        super().__init__(
            f"{_place(name, line)}: the patched hook is broken: {reason}",
            why="shell-operator would fail to start it and the installation would never begin",
            advice=["see what the patches make of it: ksimage diff RELEASE"],
        )
        self.hook_line = line


class HookStillQuiet(PatchError):
    """The patched hook still runs a playbook without output."""

    def __init__(self, name: str, line: int, reason: str) -> None:
        super().__init__(
            f"{name}:{line}: the patched hook still has a quiet ansible_runner call: {reason}",
            why="an installation that hides its output is what the patches are there to prevent",
            advice=[
                "was the patch 'unquiet' left out?  ksimage patches list",
                "see what the patches make of the hook: ksimage diff RELEASE",
            ],
        )
        self.hook_line = line


class HookUnproven(PatchError):
    """The check of the patched hook cannot follow what the code does, so it refuses."""

    def __init__(self, name: str, line: int, reason: str) -> None:
        super().__init__(
            f"{_place(name, line or None)}: cannot prove that the patched hook is as wanted:"
            f" {reason}",
            why="the check reads the code without running it and accepts only what it understands",
            advice=[
                "write it plainly: ansible_runner.run(..., quiet=False, verbosity=NAME)",
                "what the check accepts: docs/patches.md, section 'The proof'",
            ],
        )
        self.hook_line = line


class HookWithoutVerbosity(PatchError):
    """A playbook of the patched hook would not get the verbosity."""

    def __init__(self, name: str, line: int, reason: str) -> None:
        super().__init__(
            f"{name}:{line}: an ansible_runner call does not pass the verbosity: {reason}",
            why="--verbose and KS_INSTALLER_VERBOSITY would have no effect on that playbook",
            advice=["was the patch 'verbosity' left out?  ksimage patches list"],
        )
        self.hook_line = line


class PatchesRefused(PatchError):
    """`ksimage patches check` found patches that do not apply; the table says which and why."""

    def __init__(self, releases: Sequence[str], total: int) -> None:
        super().__init__(
            f"patches do not apply to {len(releases)} of {total} releases: {', '.join(releases)}",
            advice=["see what differs: ksimage patches check --release " + releases[0]],
        )


class PatchAlreadyApplied(PatchError):
    """The hook already holds what the patch would make of it."""

    def __init__(self, name: str, target: str, *, path: str, line: int) -> None:
        super().__init__(
            f"{_place(path, line)}: patch {name} is already applied to {target}",
            why="taking it out would succeed, and putting it in would not",
            advice=[
                "is the base an image that was patched before?  ksimage verify IMAGE",
                f"or leave it out: --without {name}",
            ],
            path=path,
            line=line,
        )


class PatchAmbiguous(PatchError):
    """A hunk is not where it says, and more than one other place would fit."""

    def __init__(
        self, name: str, target: str, *, hunk: int, stated: int, places: str, path: str, line: int
    ) -> None:
        super().__init__(
            f"{_place(path, line)}: patch {name}, hunk {hunk} fits {target} in more than one place",
            why=f"it does not fit at line {stated}, where it belongs, but at lines {places};"
            " choosing one would be guessing",
            advice=[
                "give the hunk another line of context, or regenerate it:"
                f" ksimage patches refresh {path} --release RELEASE"
            ],
            path=path,
            line=line,
        )


class PatchConflict(PatchError):
    """A hunk fits nowhere in the hook.

    Attributes:
        hunk: number of the hunk in the patch, from 1.
        expected: (line number, line) that the hunk wants to see, without line endings.
        actual: (line number, line) in the hook at the most similar place.
    """

    def __init__(
        self,
        name: str,
        target: str,
        *,
        hunk: int,
        expected: Sequence[tuple[int, str]],
        actual: Sequence[tuple[int, str]],
        note: str,
        path: str,
        line: int,
        advice: Iterable[str] = (),
    ) -> None:
        self.hunk = hunk
        self.expected = tuple(expected)
        self.actual = tuple(actual)
        width = max([len(str(number)) for number, _ in (*expected, *actual)] or [1])
        shown = ["the hunk expects:"]
        shown += [f"  {number:>{width}} | {text}" for number, text in expected]
        shown += ["the hook has, at the most similar place:" if actual else "the hook is empty"]
        shown += [f"  {number:>{width}} | {text}" for number, text in actual]
        super().__init__(
            f"{_place(path, line)}: patch {name}, hunk {hunk} does not apply to {target}",
            why="\n".join([note, *shown]) if note else "\n".join(shown),
            advice=advice
            or [
                "which releases it fits: ksimage patches check --all --clone DIR",
                f"make it fit: edit it, then ksimage patches refresh {path} --release RELEASE",
            ],
            path=path,
            line=line,
        )


class PatchExcluded(PatchError):
    """A patch was asked for by name, but its header excludes the release."""

    def __init__(self, name: str, release: str, releases: str, *, path: str) -> None:
        super().__init__(
            f"patch {name} is not for {release}",
            why=f"its header says X-Ksimage-Releases: {releases}",
            advice=[f"ksimage patches show {name}", "build without it, or choose another release"],
            path=path,
        )


class PatchForbidden(PatchError):
    """The patch is well-formed but asks for something that no patch here may do."""

    def __init__(self, name: str, reason: str, *, path: str, line: int) -> None:
        super().__init__(
            f"{_place(path, line)}: patch {name} {reason}",
            why="a patch may change lines of hooks/kubesphere/installRunner.py and nothing else",
            advice=["how to write one: docs/patches.md"],
            path=path,
            line=line,
        )


class PatchLineEndings(PatchConflict):
    """A hunk would fit but for its line endings (CRLF against LF)."""


class PatchMalformed(PatchError):
    """A patch file is no valid unified diff with a valid header."""

    def __init__(
        self, name: str, reason: str, *, path: str, line: int, advice: Iterable[str] = ()
    ) -> None:
        super().__init__(
            f"{_place(path, line)}: patch {name} is malformed: {reason}",
            why="damaged or hand-edited patches are refused rather than guessed at",
            advice=advice
            or [
                "a patch edited by hand gets right counts again with:"
                f" ksimage patches refresh {path} --release RELEASE"
            ],
            path=path,
            line=line,
        )


class PatchWithoutEffect(PatchError):
    """What was applied leaves the hook as it was."""

    def __init__(self, name: str, *, path: str | None = None) -> None:
        super().__init__(
            f"{name} changes nothing",
            why="the result is byte for byte what it was before, so there is nothing to build",
            advice=["which patches there are, and which are on: ksimage patches list"],
            path=path,
        )


class SeriesError(PatchError):
    """The set of patches is inconsistent."""


class PatchNameTaken(SeriesError):
    """Two patches have the same name."""

    def __init__(self, name: str, first: str, second: str, *, line: int | None = None) -> None:
        super().__init__(
            f"two patches are named {name}: {first} and {_place(second, line)}",
            why="names select patches and are recorded in the image, so each is used once",
            advice=["rename your patch file, or replace the whole series with your own"],
            path=second,
            line=line,
        )


class SeriesEntryMissing(SeriesError):
    """The series names a file that is not there."""

    def __init__(self, entry: str, *, path: str, line: int) -> None:
        super().__init__(
            f"{_place(path, line)}: the series names {entry}, which does not exist",
            why="a series that is only partly there would make an image that nobody asked for",
            advice=["restore the file or delete its line from the series"],
            path=path,
            line=line,
        )


class SeriesMalformed(SeriesError):
    """A line of the series file cannot be used."""

    def __init__(self, reason: str, *, path: str, line: int | None = None) -> None:
        super().__init__(
            f"{_place(path, line)}: {reason}",
            why="a series has one patch file name a line, with an optional -pN, and # comments",
            advice=["how a series is written: docs/patches.md"],
            path=path,
            line=line,
        )


class SeriesMissing(SeriesError):
    """There is no series file where patches are looked for."""

    def __init__(self, directory: str) -> None:
        super().__init__(
            f"no series of patches in {directory}",
            why="a directory of patches needs a file named 'series' that lists them in order",
            advice=[f"ls {directory}", f"one patch file name a line: $EDITOR {directory}/series"],
            path=directory,
        )


class SeriesStrayPatch(SeriesError):
    """Patch files lie in the directory but no series names them."""

    def __init__(self, directory: str, strays: Sequence[str]) -> None:
        super().__init__(
            f"{directory} holds patch files that no series names: {', '.join(strays)}",
            why="a forgotten line in the series would leave the patch out without a word",
            advice=[
                f"add to {directory}/series (on by default) or {directory}/series.optional",
                "or move the file elsewhere and name it with --patch FILE",
            ],
            path=f"{directory}/{strays[0]}",
            line=1,
        )


class UnknownPatch(SeriesError):
    """--with or --without names a patch that is not there."""

    def __init__(self, name: str, nearest: Sequence[str], known: Sequence[str]) -> None:
        super().__init__(
            f"unknown patch {name!r}",
            why=f"the series has: {', '.join(known) or 'none'}",
            advice=[*_nearest(nearest), "ksimage patches list"],
        )


class WithAndWithout(SeriesError):
    """The same patch is both wanted and not wanted."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"patch {name} is given to --with and to --without",
            why="it cannot be both in the image and not in it",
            advice=["drop one of the two (a configuration file counts too: ksimage.yaml)"],
        )


# --- 6: proofs ----------------------------------------------------------------------------------


class ProofFailed(KsimageError):
    """The finished image is not what it must be; it is not handed out."""

    exit_code = 6

    def __init__(self, name: str, failures: Sequence[str], *, advice: Iterable[str] = ()) -> None:
        count = "1 proof" if len(failures) == 1 else f"{len(failures)} proofs"
        super().__init__(f"{name} fails {count}", why="\n".join(failures), advice=advice)
        self.failures = tuple(failures)


# --- 7: container engine ------------------------------------------------------------------------


class EngineError(KsimageError):
    """The Docker Engine is missing or refused."""

    exit_code = 7


class BuildFailed(EngineError):
    """The builder stopped. The end of its log is in ``why``."""

    def __init__(self, reason: str, log: Sequence[str]) -> None:
        super().__init__(
            f"the Docker Engine could not build the image: {reason}",
            why="\n".join(log[-15:]),
            advice=["without the engine: add --engine direct"],
        )


class EnginePushFailed(EngineError):
    """The Docker Engine could not push: it has trust and proxies of its own."""

    def __init__(self, name: str, reason: str) -> None:
        host = name.partition("/")[0]
        untrusted = "x509" in reason or "certificate" in reason
        plain = "HTTP response to HTTPS" in reason
        super().__init__(
            f"the Docker Engine could not push {name}",
            why=reason,
            advice=[
                *([f"on the engine's machine: /etc/docker/certs.d/{host}/ca.crt"] * untrusted),
                *([f'in its daemon.json: "insecure-registries": ["{host}"]'] * plain),
                "or push without the engine's help: the same command with --through direct",
            ],
        )


class EngineRefused(EngineError):
    """The Docker Engine answered with an error."""

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(f"the Docker Engine would not {what}", why=reason)


class EngineUnreachable(EngineError):
    """No Docker Engine answers."""

    def __init__(self, host: str, reason: str) -> None:
        advice = ["docker version"]
        if "permission" in reason.lower():
            advice.append("sudo usermod -aG docker $USER, then log in again")
        super().__init__(
            f"no Docker Engine answers at {host}",
            why=reason,
            advice=[
                *advice,
                "another engine: DOCKER_HOST=unix:///run/user/1000/docker.sock",
                "without one: --engine direct --to oci-archive:FILE",
            ],
        )


class SmokeTestFailed(EngineError):
    """The hook does not start in the derived image."""

    def __init__(self, image: str, reason: str) -> None:
        super().__init__(
            f"the hook's own smoke test (installRunner.py --config) failed in {image}",
            why=reason,
            advice=["the image was not tagged"],
        )


# --- 8: registry and network --------------------------------------------------------------------


class RegistryError(KsimageError):
    """A registry cannot be reached, or answers something that cannot be used."""

    exit_code = 8


class BlobMissing(RegistryError):
    """A manifest names a blob that its repository does not have."""

    def __init__(self, name: str, digest: str) -> None:
        super().__init__(
            f"{name}: the registry has no blob {digest}",
            why="the manifest names it, but it was deleted, or never arrived",
            advice=["push the base image into that repository again"],
        )


class CertificateRefused(RegistryError):
    """TLS verification failed."""

    def __init__(self, host: str, reason: str, advice: Iterable[str] = ()) -> None:
        super().__init__(
            f"the certificate of {host} is not trusted: {reason}",
            why="no CA known to this machine vouches for it",
            advice=advice
            or [
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
            advice=["--insecure, if this network may see the images and the login"],
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
            advice=["push to another project: --to HOST/PROJECT/ks-installer:TAG"],
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
            advice=["--to HOST/kubesphereio/ks-installer:TAG"],
        )


class TokenServiceRefused(RegistryError):
    """The token service that a registry names gives no token, and not for want of a login."""

    def __init__(self, host: str, service: str, status: int, words: str) -> None:
        super().__init__(
            f"the token service {service} of {host} answered HTTP {status}",
            why=words or "it gave no reason",
            advice=["is the registry's realm set right?  (Harbor: external_url, hostname)"],
        )


class UnusableAnswer(RegistryError):
    """The registry's answer is no answer of a registry."""

    def __init__(self, host: str, action: str, reason: str) -> None:
        super().__init__(
            f"{host}: the answer to {action} cannot be used: {reason}",
            why="it is no registry, or something between here and there answers in its place",
            advice=[f"look at it: curl -ki https://{host}/v2/"],
        )


# --- 9: authentication and authorization --------------------------------------------------------


class AuthError(KsimageError):
    """A registry wants other credentials, or the account lacks a right."""

    exit_code = 9


class InsecureLogin(AuthError):
    """A login would have to travel unencrypted, or to a place that has no claim to it."""

    def __init__(self, host: str, realm: str, reason: str) -> None:
        super().__init__(
            f"{host} wants the login sent to {realm}: {reason}",
            why="a token service is used over HTTPS, or on the registry's own plain-HTTP host",
            advice=["correct the registry's realm setting (Harbor: external_url, hostname)"],
        )


class LoginFailed(AuthError):
    """Wrong user name or password."""

    def __init__(self, host: str, username: str, origin: str) -> None:
        super().__init__(
            f"{host} does not accept the login of {username or 'this token'}",
            why=f"wrong user name or password; it came from {origin}",
            advice=[
                f"log in anew: docker login {host}",
                "or for this run: --username USER --password-stdin "
                "(quote robot names: 'robot$name')",
            ],
        )


class LoginRequired(AuthError):
    """The registry wants a login and there is none."""

    def __init__(self, host: str, name: str, action: str, words: str = "") -> None:
        super().__init__(
            f"{host} does not let an anonymous client {action} {name}",
            why=words or "it is private, or does not exist, and no login for it was found",
            advice=[
                f"docker login {host}",
                "or for this run: --username USER --password-stdin",
            ],
        )


class ProjectNotCreated(AuthError):
    """The login is good, but may not create projects in Harbor."""

    def __init__(self, host: str, project: str, username: str, words: str) -> None:
        super().__init__(
            f"{username or 'this login'} may not create the project {project!r} on {host}",
            why=words or "the login itself was accepted",
            advice=[
                "let an administrator create it: Harbor > Projects > New Project",
                "or push to a project that is there: --to HOST/PROJECT/ks-installer:TAG",
            ],
        )


class RightMissing(AuthError):
    """The login is good, but may not do this."""

    def __init__(self, host: str, name: str, action: str, username: str, words: str = "") -> None:
        super().__init__(
            f"{username or 'this login'} may not {action} {name} on {host}",
            why=words or "the login itself was accepted",
            advice=[
                f"ask for the right to {action} (Harbor: project > Members, or a robot account)",
                "or use another login: --username USER --password-stdin",
            ],
        )


# --- 10: tags -----------------------------------------------------------------------------------


class TagError(KsimageError):
    """A tag holds something that must not be overwritten."""

    exit_code = 10


class TagImmutable(TagError):
    """The registry protects the tag by a rule (HTTP 412)."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(
            f"the registry protects {name}: it cannot be pushed again, not even unchanged",
            why=words,
            advice=[
                "push under another tag: --tag TAG",
                "or change the rule: Harbor > project > Policy > Tag Immutability",
            ],
        )


class TagMoved(TagError):
    """Somebody else wrote the tag while this run was at work."""

    def __init__(self, name: str, expected: str, actual: str) -> None:
        super().__init__(
            f"{name} was changed by somebody else meanwhile",
            why=f"it was expected to hold {expected}, and holds {actual}",
            advice=[f"ksimage inspect {name}", "then run the same command again"],
        )
        self.actual = actual


class KeptTagOccupied(TagError):
    """Replacing would lose what the tag holds: its ``-orig`` is taken by another image."""

    def __init__(self, name: str, held: str, kept: str, there: str) -> None:
        super().__init__(
            f"{name} was not replaced: what it holds could not be kept",
            why=f"{kept} already holds another image, {there}",
            advice=[
                f"keep it under a name of your own, then try again: {name}@{held}",
                "or build under another tag: --tag TAG",
            ],
        )


class TagOccupied(TagError):
    """The tag holds another image, and nobody asked to replace it."""

    def __init__(self, name: str, digest: str, what: str) -> None:
        super().__init__(
            f"{name} already holds another image",
            why=f"it is {what}: {digest}",
            advice=[
                "replace it, keeping what is there as <tag>-orig: add --replace",
                "or choose another tag: --tag TAG",
            ],
        )


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

    def __init__(self, releases: Sequence[str], total: int) -> None:
        super().__init__(
            f"{len(releases)} of {total} images need a build: {', '.join(releases)}",
            advice=["ksimage build --all --push", "an overwritten tag also needs --replace"],
        )


class NotReproducible(KsimageError):
    """`ksimage reproduce` got another digest."""

    exit_code = 13

    def __init__(self, name: str, digest: str, rebuilt: str, differences: Sequence[str]) -> None:
        super().__init__(
            f"{name} is not what a rebuild gives: it is {digest}, the rebuild {rebuilt}",
            why="\n".join(differences),
        )


class CannotReproduce(KsimageError):
    """There is not enough at hand to rebuild an image."""

    exit_code = 13

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(
            f"{name} cannot be rebuilt from what is at hand",
            why=reason,
            advice=[
                "name the base: --base LOCATION",
                "name its patches: --patch FILE, or --patch-dir DIR",
            ],
        )


# --- 15: several builds in one run ----------------------------------------------------------------


class ChecksFailed(KsimageError):
    """Some of several images could not be checked; each has said why."""

    exit_code = 15

    def __init__(self, failed: Sequence[str], total: int) -> None:
        super().__init__(f"{len(failed)} of {total} could not be checked: {', '.join(failed)}")


class BuildsFailed(KsimageError):
    """Some of several builds failed; each has said why."""

    exit_code = 15

    def __init__(self, failed: Sequence[str], total: int) -> None:
        super().__init__(
            f"{len(failed)} of {total} builds failed: {', '.join(failed)}",
            advice=["the others are done; the same command goes on with what is missing"],
        )


# --- 14: files on this machine ------------------------------------------------------------------


class FileError(KsimageError):
    """A file or folder cannot be read or written."""

    exit_code = 14


class CannotRead(FileError):
    """The operating system refused to read."""

    def __init__(self, path: object, error: OSError) -> None:
        super().__init__(f"cannot read {path}", why=error.strerror or str(error))


class CannotReport(FileError):
    """The file that a CI system named for outputs or a summary cannot be written."""

    def __init__(self, variable: str, error: OSError) -> None:
        super().__init__(
            f"cannot write the file that {variable} names",
            why=error.strerror or str(error),
            advice=[f"outside of the CI system: unset {variable}"],
        )


class CannotWrite(FileError):
    """The operating system refused to write."""

    def __init__(self, path: object, error: OSError) -> None:
        super().__init__(
            f"cannot write {path}",
            why=error.strerror or str(error),
            advice=["nothing was replaced; give another place"],
        )


class FileExists(FileError):
    """Files that would be written are there already."""

    def __init__(
        self, paths: Sequence[str], advice: Iterable[str] = ("to replace: --force",)
    ) -> None:
        super().__init__(
            f"{', '.join(paths)} {'exists' if len(paths) == 1 else 'exist'} already",
            why="nothing was written",
            advice=advice,
        )


class NoSpace(FileError):
    """A temporary or final file would fill the disk."""

    def __init__(self, place: object, needed: int, free: int) -> None:
        super().__init__(
            f"not enough space in {place}",
            why=f"about {needed >> 20} MiB are needed, {free >> 20} MiB are free",
            advice=["free some space, or point TMPDIR at a larger disk"],
        )


class NotEmpty(FileError):
    """A folder that is to hold a build context, and nothing else, holds something."""

    def __init__(self, directory: object) -> None:
        super().__init__(
            f"{directory} is not empty",
            why="whatever lies in a build context can end up in an image",
            advice=["give a new folder: -o DIR"],
        )


class NotOurs(FileError):
    """The destination exists and is no image of the wanted kind: it is left alone."""

    def __init__(self, path: object, wanted: str, why: str) -> None:
        super().__init__(
            f"{path} exists and is no {wanted}",
            why=why,
            advice=["give another path, or remove it yourself"],
        )


class SystemRefused(FileError):
    """The operating system refused something for which there is no better word here."""

    def __init__(self, error: OSError) -> None:
        place = f": {error.filename}" if error.filename else ""
        super().__init__(f"the operating system refused{place}", why=error.strerror or str(error))
