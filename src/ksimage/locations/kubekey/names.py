"""Names of images in KubeKey's layouts, and which of them are one image.

kk up to v3.1.1 writes ``NAMESPACE:NAME:TAG-ARCH``, later ones ``REGISTRY/NAMESPACE/NAME:TAG-ARCH``
(cmd/kk/pkg/images/tasks.go, SaveImages); both end in the architecture, with a variant if it has one
(cmd/kk/pkg/images/utils.go, ParseImageWithArchTag).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.images.platform import Platform

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ksimage.images.manifest import Descriptor

IMAGE: Final = "ks-installer"
KEPT: Final = "-orig"

_ARCHITECTURE: Final = re.compile(
    r"(?P<rest>.+)-(?P<arch>386|amd64|arm64|arm|loong64|mips64le|ppc64le|riscv64|s390x)"
    r"(?:-(?P<variant>v[0-9]+))?",
)
_SHORT: Final = re.compile(r"[^:/]+:(?![0-9]+/)[^:]+:")
_FULL: Final = re.compile(r"[^:/]+(?::[0-9]+)?/(?:[^:/]+/)*[^:/]+:")
_TAG: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")


class ImageName(NamedTuple):
    """An image of several platforms: all but the architecture of their names.

    Attributes:
        prefix: what stands before the tag, with the colon.
        tag: without the architecture.
    """

    prefix: str
    tag: str

    def __str__(self) -> str:
        return f"{self.prefix}{self.tag}"

    @property
    def full(self) -> bool:
        """Whether the name begins with a registry, as kk writes since v3.1.2."""
        return _SHORT.fullmatch(self.prefix) is None

    @property
    def namespace(self) -> str:
        """The registry's namespace, without the registry."""
        if self.full:
            return self.prefix.rpartition("/")[0].partition("/")[2]
        return self.prefix.partition(":")[0]

    @property
    def is_installer(self) -> bool:
        """Whether it is ks-installer."""
        return re.split(r"[:/]", self.prefix.removesuffix(":"))[-1] == IMAGE

    @property
    def kept(self) -> ImageName:
        """Under which name it is kept when it is replaced; kk then pushes that as well."""
        return self._replace(tag=self.tag + KEPT)

    @property
    def is_kept(self) -> bool:
        """Whether it is an image that was replaced, the first original or a later one."""
        return re.search(rf"{KEPT}(-[2-9])?\Z", self.tag) is not None

    @property
    def replaced(self) -> ImageName | None:
        """Of the first original: what it was called. None for any other."""
        tag = self.tag.removesuffix(KEPT)
        return self._replace(tag=tag) if tag not in ("", self.tag) else None

    def name(self, platform: Platform) -> str:
        """The name of one platform's image."""
        variant = f"-{platform.variant}" if platform.architecture == "arm" else ""
        variant = "" if variant == "-" else variant
        return f"{self}-{platform.architecture}{variant}"


class Name(NamedTuple):
    """A name in a layout, taken apart."""

    text: str
    group: ImageName
    platform: Platform

    def __str__(self) -> str:
        return self.text

    @property
    def namespace(self) -> str:
        """See ImageName."""
        return self.group.namespace


def parse(text: str) -> Name | None:
    """A name of kk's; None for any other."""
    head, colon, tag = text.rpartition(":")
    match = _ARCHITECTURE.fullmatch(tag)
    if not colon or match is None or not _TAG.fullmatch(tag):
        return None
    group = ImageName(f"{head}:", match["rest"])
    if group.full and not _FULL.fullmatch(group.prefix):
        return None
    return Name(text, group, Platform("linux", match["arch"], match["variant"] or ""))


def groups(entries: Iterable[tuple[str, Descriptor]]) -> dict[ImageName, dict[Name, Descriptor]]:
    """The entries of a layout by image, in order; names that are not kk's are left out."""
    found: dict[ImageName, dict[Name, Descriptor]] = {}
    for text, descriptor in entries:
        name = parse(text)
        if name is not None:
            found.setdefault(name.group, {})[name] = descriptor
    return found


def without_architecture(ref: str) -> tuple[str, str]:
    """``v3.3.2-amd64`` as ``v3.3.2`` and ``-amd64``; a name without one stays whole."""
    head, colon, tag = ref.rpartition(":")
    match = _ARCHITECTURE.fullmatch(tag)
    if match is None:
        return ref, ""
    return f"{head}{colon}{match['rest']}", tag[len(match["rest"]) :]


def kept_ref(ref: str) -> str:
    """The REF under which what REF names is kept: ``v3.3.2-orig``, ``…:v3.3.2-orig-amd64``."""
    whole, architecture = without_architecture(ref)
    return f"{whole}{KEPT}{architecture}"
