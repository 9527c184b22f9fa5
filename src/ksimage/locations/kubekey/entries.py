"""What ``index.json`` says before and after an image is written: pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ksimage.errors import AmbiguousImage, KubekeyImagesNotFound, MalformedImage
from ksimage.images.manifest import Descriptor, Index, parse
from ksimage.images.mediatypes import INDEX_TYPES
from ksimage.locations.kubekey import images
from ksimage.locations.kubekey.images import (
    INDEX_KEY,
    ImageName,
    Name,
    parse_name,
    without_architecture,
)
from ksimage.locations.oci.documents import REF_NAME
from ksimage.objects import mapping, text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ksimage.images.platform import Platform
    from ksimage.locations.kubekey.images import Image

    Entry = Mapping[str, object]


class Written(NamedTuple):
    """An image that is to stand in a layout.

    Attributes:
        group: its name.
        platforms: its manifests' descriptors by platform.
        recorded: digest of its index when that is to be remembered, or "".
    """

    group: ImageName
    platforms: Mapping[Platform, Descriptor]
    recorded: str


def group_for(path: Path, present: Mapping[ImageName, Image], ref: str) -> ImageName:
    """The name that REF means to somebody who writes.

    A bare tag goes where ks-installer is already.

    Raises:
        KubekeyImagesNotFound: there is none.
        AmbiguousImage: it is there under several namespaces.
    """
    whole, _ = without_architecture(ref)
    if ":" in whole:
        name = parse_name(f"{whole}-amd64")
        if name is None:
            raise KubekeyImagesNotFound(path, f"{ref} is no name that kk could read")
        return name.group
    found = images.find(str(path), present, whole)
    if found is not None:
        return found.group
    prefixes = {group.prefix for group in images.installers(present)}
    if not prefixes:
        raise KubekeyImagesNotFound(path, "none of its images is ks-installer")
    if len(prefixes) > 1:
        raise AmbiguousImage(f"kubekey:{path}", [f"{p}{whole}" for p in sorted(prefixes)])
    return ImageName(prefixes.pop(), whole)


def written(
    name: str, group: ImageName, descriptor: Descriptor, data: bytes, only: Platform | None
) -> Written:
    """What is to stand in the layout for a manifest or index.

    Args:
        name: the location, for messages.
        data: the document.
        only: the platform, for a manifest.

    Raises:
        MalformedImage: an index without platforms.
    """
    if descriptor.media_type not in INDEX_TYPES:
        if only is None:
            raise MalformedImage(name, "the platform of its manifest is not known")
        return Written(group, {only: descriptor}, "")
    index = parse(name, data, descriptor.media_type)
    platforms: dict[Platform, Descriptor] = {}
    for entry in index.manifests if isinstance(index, Index) else ():
        if entry.platform is None or entry.platform.os != "linux":
            raise MalformedImage(name, f"{entry.digest} is no linux platform's image")
        platforms[entry.platform] = entry
    names = {_name(group, platform): entry for platform, entry in platforms.items()}
    made_up = images.joined(names)[0].digest == descriptor.digest
    return Written(group, platforms, "" if made_up else descriptor.digest)


def _name(group: ImageName, platform: Platform) -> Name:
    text = group.name(platform)
    found = parse_name(text)
    if found is None:
        raise MalformedImage(str(group), f"kk has no name for the platform {platform}")
    return found


def put(entries: Sequence[Entry], image: Written) -> list[dict[str, object]]:
    """The entries with this image's: in the place of those of the same names, else at the end.

    Platforms that the name had and the image has not go.
    """
    known = {entry["digest"]: entry for entry in entries}
    new: dict[str, dict[str, object]] = {}
    for platform, descriptor in image.platforms.items():
        text = image.group.name(platform)
        new[text] = _entry(image, text, descriptor, known.get(descriptor.digest))
    result: list[dict[str, object]] = []
    for entry in entries:
        found = parse_name(ref_of(entry))
        if found is None or found.group != image.group:
            result.append(dict(entry))
        elif found.text in new:
            result.append(new.pop(found.text))
    return result + list(new.values())


def _entry(
    image: Written, name: str, descriptor: Descriptor, known: Entry | None
) -> dict[str, object]:
    """An entry; what is listed already keeps all that is said of it but the name."""
    entry: dict[str, object] = dict(known or ())  # its keys keep their order, too
    entry.setdefault("mediaType", descriptor.media_type)
    entry.setdefault("digest", descriptor.digest)
    entry.setdefault("size", descriptor.size)
    annotations = {**mapping(entry, "annotations"), REF_NAME: name}
    annotations.pop(INDEX_KEY, None)
    if image.recorded:
        annotations[INDEX_KEY] = image.recorded
    return {**entry, "annotations": annotations}


def ref_of(entry: Entry) -> str:
    """An entry's name."""
    return text(entry, "annotations", REF_NAME)


def keep(entries: Sequence[Entry], group: ImageName) -> list[dict[str, object]]:
    """The entries with those of ``group`` a second time, under the name for kept ones."""
    kept = [
        renamed(entry, name.group.kept.name(name.platform)) for entry, name in _of(entries, group)
    ]
    return [dict(entry) for entry in entries] + kept


def restored(entries: Sequence[Entry]) -> tuple[list[dict[str, object]], list[str]]:
    """The entries as they were before images were replaced, and the names that were restored."""
    old: dict[str, dict[str, object]] = {}
    groups = set()
    for entry in entries:
        name = parse_name(ref_of(entry))
        before = name.group.replaced if name and name.group.is_installer else None
        if name is not None and before is not None:
            text = before.name(name.platform)
            old[text] = renamed(entry, text)
            groups.add(before)
    names = sorted(old)
    result: list[dict[str, object]] = []
    for entry in entries:
        text = ref_of(entry)
        name = parse_name(text)
        if name is None or not (name.group in groups or name.group.replaced in groups):
            result.append(dict(entry))
        elif name.group in groups and text in old:
            result.append(old.pop(text))
    return result + list(old.values()), names


def renamed(entry: Entry, name: str) -> dict[str, object]:
    """The same entry under another name; everything else stays."""
    return {**entry, "annotations": {**mapping(entry, "annotations"), REF_NAME: name}}


def _of(entries: Sequence[Entry], group: ImageName) -> list[tuple[Entry, Name]]:
    found = []
    for entry in entries:
        name = parse_name(ref_of(entry))
        if name is not None and name.group == group:
            found.append((entry, name))
    return found
