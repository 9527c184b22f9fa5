"""What a request is for, and what a registry's refusal of it means, in words.

Error bodies are those of the distribution spec; the sentences by which Harbor tells its cases apart
are those of Harbor 2.4 to 2.15 (``src/server/middleware`` and ``src/server/registry``).
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from ksimage.errors import (
    BlobMissing,
    ImageNotFound,
    KsimageError,
    NotTls,
    PolicyViolation,
    ProjectMissing,
    ProxyCacheProject,
    QuotaExceeded,
    ReadOnlyRegistry,
    RegistryRefused,
    RepositoryWithoutProject,
    RightMissing,
    TagImmutable,
    UnusableAnswer,
)
from ksimage.images.digest import DIGEST
from ksimage.locations.registry.http.wire import MAX_ERROR, Answer
from ksimage.objects import at
from ksimage.text import printable


class Intent(NamedTuple):
    """What a request is for: decides the rights to ask for and the words of an error.

    Attributes:
        host: the registry's name.
        repository: the repository; "" for requests to the registry as a whole.
        push: it wants to write.
        what: the tag or digest that is meant, or "".
        mount_from: another repository of the same registry to read from, or "".
        destination: it only reads, but from where an image is to go.
    """

    host: str
    repository: str = ""
    push: bool = False
    what: str = ""
    mount_from: str = ""
    destination: bool = False

    @property
    def action(self) -> str:
        """``push`` or ``pull``: what the user wanted, not what the request does on the way."""
        return "push" if self.push or self.destination else "pull"

    @property
    def name(self) -> str:
        """The image as a user would type it."""
        text = f"{self.host}/{self.repository}".rstrip("/")
        if not self.what:
            return text
        return f"{text}@{self.what}" if ":" in self.what else f"{text}:{self.what}"

    @property
    def scopes(self) -> tuple[str, ...]:
        """Exactly the rights that a token needs, as the token specification writes them.

        The repository to push to comes first: of a project's robot, Harbor forgets the rights in
        all projects but the first (``common/rbac/project/evaluator.go``).
        """
        if not self.repository:
            return ()
        actions = "pull,push" if self.push else "pull"
        mount = (f"repository:{self.mount_from}:pull",) if self.mount_from else ()
        return (f"repository:{self.repository}:{actions}", *mount)


MAX_WORDS = 400  # characters of a server's own words that are shown

PROJECT_MISSING = re.compile(r"project (\S{1,255}?):? not found")


class Refusal(NamedTuple):
    """An error body: the spec's ``code``, the server's words, the digest of its detail; or ""."""

    code: str = ""
    words: str = ""
    digest: str = ""


def refusal(answer: Answer) -> Refusal:
    """What an error answer says. Never fails: whatever it is, it becomes short plain text."""
    if answer.media_type == "text/html" or answer.body.lstrip()[:9].lower() in (
        b"<!doctype",
        b"<html>",
    ):
        title = re.search(rb"<title>([^<]{1,200})</title>", answer.body[:MAX_ERROR], re.IGNORECASE)
        page = (
            f" titled {printable(title[1].decode(errors='replace'), MAX_WORDS)!r}" if title else ""
        )
        return Refusal(words=f"it answered with a web page{page}")
    try:
        document = json.loads(answer.body[:MAX_ERROR])
    except (ValueError, RecursionError):
        return Refusal(words=printable(answer.body[:MAX_ERROR].decode(errors="replace"), MAX_WORDS))
    first = at(document, "errors", 0)
    if isinstance(first, dict):
        detail = first.get("detail")
        digest = _text(detail.get("digest") if isinstance(detail, dict) else detail)
        return Refusal(
            _text(first.get("code")),
            _text(first.get("message")),
            digest if DIGEST.fullmatch(digest) else "",
        )
    if isinstance(document, dict):
        words = document.get("message") or document.get("details") or document.get("error")
        return Refusal(words=_text(words))
    return Refusal()


def explain(answer: Answer, intent: Intent, username: str = "") -> KsimageError:
    """The error for an answer that is no success. 401 is for :mod:`auth` to explain first."""
    said = refusal(answer)
    words, name, status = said.words, intent.name, answer.status
    missing = PROJECT_MISSING.search(words)
    if missing and status in (401, 403, 404):
        if intent.push or intent.destination:
            return ProjectMissing(intent.host, missing[1])
        return ImageNotFound(name, why=f"{intent.host} has no project {missing[1]!r}")
    if status == 412:
        if "immutable" in words:
            return TagImmutable(name, words)
        return PolicyViolation(name, words)
    if status == 403:
        return _forbidden(words, intent, username)
    if status == 400 and "invalid repository name" in words:
        return RepositoryWithoutProject(name, words)
    if status == 400 and ("HTTPS server" in words or "HTTPS port" in words):
        return NotTls(intent.host)
    if said.code in ("MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN"):
        return BlobMissing(name, said.digest or intent.what)
    if said.code == "NAME_UNKNOWN" and intent.push:
        return ProjectMissing(intent.host, intent.repository.partition("/")[0])
    if status == 405:
        return ReadOnlyRegistry(intent.host, words or "it does not allow the request's method")
    if status == 413:
        return RegistryRefused(
            name,
            intent.action,
            status,
            words or "the request is too large",
            ["raise the limit of the proxy in front (nginx: client_max_body_size 0)"],
        )
    if status == 501:
        return RegistryRefused(
            name,
            intent.action,
            status,
            words,
            [f"is it a registry at all?  curl -ki https://{intent.host}/v2/"],
        )
    if 300 <= status < 400:
        return UnusableAnswer(intent.host, f"a {intent.action} of {name}", f"HTTP {status}")
    return RegistryRefused(name, intent.action, status, words)


def _forbidden(words: str, intent: Intent, username: str) -> KsimageError:
    if "storage resource" in words or "quota" in words.lower():
        return QuotaExceeded(intent.name, words)
    if "read only" in words or "read-only" in words:
        return ReadOnlyRegistry(intent.host, words)
    if "proxy project" in words:
        return ProxyCacheProject(intent.name, words)
    return RightMissing(intent.host, intent.name, intent.action, username, words)


def _text(value: object) -> str:
    return printable(value, MAX_WORDS) if isinstance(value, str) else ""
