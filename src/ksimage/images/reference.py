"""Image references as Docker and the OCI distribution spec write them.

``[REGISTRY[:PORT]/]REPOSITORY[:TAG][@DIGEST]``. The grammar is that of distribution's reference
package; a missing registry means ``docker.io``, and ``docker.io/NAME`` means
``docker.io/library/NAME``.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ksimage.errors import BadReference
from ksimage.images.digest import DIGEST

DEFAULT_REGISTRY = "docker.io"

_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_REGISTRY = re.compile(
    r"(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*)(?::[0-9]{1,5})?"
)
TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


class Reference(NamedTuple):
    """A parsed reference; only ``tag`` and ``digest`` may be None."""

    registry: str
    repository: str
    tag: str | None = None
    digest: str | None = None

    def __str__(self) -> str:
        text = f"{self.registry}/{self.repository}"
        if self.tag:
            text += f":{self.tag}"
        if self.digest:
            text += f"@{self.digest}"
        return text

    @property
    def name(self) -> str:
        """Registry and repository, without tag and digest."""
        return f"{self.registry}/{self.repository}"

    @property
    def familiar(self) -> str:
        """As an engine shows it: ``docker.io/library/busybox:1`` -> ``busybox:1``."""
        text = str(self)
        for default in (f"{DEFAULT_REGISTRY}/library/", f"{DEFAULT_REGISTRY}/"):
            if text.startswith(default):
                return text.removeprefix(default)
        return text

    @property
    def target(self) -> str:
        """What to ask the registry for: the digest when there is one, else the tag.

        Raises:
            BadReference: neither is given.
        """
        if self.digest or self.tag:
            return self.digest or self.tag or ""
        raise BadReference(str(self), "it has neither a tag nor a digest")

    def with_tag(self, tag: str) -> Reference:
        """The same repository, this tag, no digest. Raises BadReference for an illegal tag."""
        if not TAG.fullmatch(tag):
            raise BadReference(f"{self.name}:{tag}", f"{tag!r} is not a legal tag")
        return self._replace(tag=tag, digest=None)

    def with_digest(self, digest: str) -> Reference:
        """The same repository and tag, pinned to ``digest``."""
        if not DIGEST.fullmatch(digest):
            raise BadReference(f"{self.name}@{digest}", "a digest is sha256: and 64 hex digits")
        return self._replace(digest=digest)


def parse(text: str) -> Reference:
    """Parse a reference; ``docker.io`` is filled in, a tag is not.

    Raises:
        BadReference: the text is not a reference.
    """
    if "://" in text:
        raise BadReference(text, "write it without http:// or https://")
    rest, at, digest = text.partition("@")
    if at and not DIGEST.fullmatch(digest):
        raise BadReference(text, "a digest is sha256: and 64 hex digits")
    first, slash, remainder = rest.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        registry, path = first, remainder
    else:
        registry, path = DEFAULT_REGISTRY, rest
    if not _REGISTRY.fullmatch(registry):
        raise BadReference(text, f"{registry!r} is not a registry host")
    path, colon, tag = path.partition(":")
    if colon and not TAG.fullmatch(tag):
        raise BadReference(text, f"{tag!r} is not a legal tag")
    if path != path.lower():
        raise BadReference(text, "a repository name is lower case")
    if len(path) > 255 or not _REPOSITORY.fullmatch(path):
        raise BadReference(text, f"{path!r} is not a repository name")
    if registry in ("index.docker.io", "registry-1.docker.io"):
        registry = DEFAULT_REGISTRY
    if registry == DEFAULT_REGISTRY and "/" not in path:
        path = f"library/{path}"
    return Reference(registry, path, tag or None, digest or None)


def docker_name(text: str) -> str:
    """An engine's image name as ``docker images`` writes it: ``docker.io`` dropped, tag filled in.

    Raises:
        BadReference: not a name the engine could hold.
    """
    parsed = parse(text)
    if parsed.digest:
        raise BadReference(text, "a digest does not belong here")
    return parsed.with_tag(parsed.tag or "latest").familiar
