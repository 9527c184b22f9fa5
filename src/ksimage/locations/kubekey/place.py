"""From a path that people give to the layout: an artifact, or a folder that kk has unpacked."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from ksimage.errors import ImageNotFound, KubekeyImagesNotFound
from ksimage.locations.kubekey import images
from ksimage.locations.oci.documents import LAYOUT_FILE
from ksimage.locations.oci.layout import LayoutSource

if TYPE_CHECKING:
    from ksimage.locations.kubekey.images import Image
    from ksimage.locations.kubekey.names import ImageName, Name
    from ksimage.locations.oci.layout import LayoutReader

# Below the folder of the kk binary, below kk's own folder, and the layout itself.
_BELOW: Final = ("", "images", "kubekey/images")


def folder(path: Path) -> Path:
    """The layout's folder. Raises KubekeyImagesNotFound."""
    for below in _BELOW:
        if (path / below / LAYOUT_FILE).is_file():
            return path / below
    why = f"none of {', '.join(str(path / below) for below in _BELOW)} has a file {LAYOUT_FILE}"
    if not path.exists():
        why = f"there is no {path}"
    elif any((path / below).is_dir() and any((path / below).glob("*.tar")) for below in _BELOW[1:]):
        why = "its images are tars, as kk v2.0 wrote them"
    raise KubekeyImagesNotFound(path, why)


def reader(path: Path, name: str) -> LayoutReader:
    """The layout at a path. Raises KubekeyImagesNotFound."""
    if path.is_file():
        from ksimage.locations.kubekey.artifact import ArtifactReader

        return ArtifactReader(path, name)
    return LayoutSource(folder(path))


def read(path: Path) -> dict[ImageName, Image]:
    """Every image of the layout at a path.

    Raises:
        KubekeyImagesNotFound, ImageNotFound, MalformedImage, CannotRead.
    """
    with closing(reader(path, f"kubekey:{path}")) as opened:
        return images.all_of(opened.entries())


def installers(path: Path) -> list[Name]:
    """The names of ks-installer there, kept ones aside. Raises as :func:`read`."""
    found = images.installers(read(path))
    if not found:
        raise ImageNotFound(f"kubekey:{path}", why="none of its images is ks-installer")
    return [name for group, image in found.items() if not group.is_kept for name in image.platforms]
