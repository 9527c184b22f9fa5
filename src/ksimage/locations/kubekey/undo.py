"""Put back what was replaced in kk's folder, or an artifact as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors import CannotWrite, KubekeyNothingToUndo
from ksimage.images.documents import encode, load_json
from ksimage.images.manifest import MAX_MANIFEST
from ksimage.locations.files import staging
from ksimage.locations.kubekey import entries, place
from ksimage.locations.oci.documents import INDEX_FILE
from ksimage.locations.oci.folder import LayoutTarget
from ksimage.locations.oci.layout import LayoutSource

if TYPE_CHECKING:
    from pathlib import Path


def undo(path: Path) -> tuple[str, ...]:
    """Put every ks-installer back that was replaced; returns their names.

    Of an artifact, the file that was kept beside it takes its name again.

    Raises:
        KubekeyImagesNotFound, KubekeyNothingToUndo, MalformedImage, CannotWrite.
    """
    return _file(path) if path.is_file() else _folder(path)


def _folder(path: Path) -> tuple[str, ...]:
    folder = place.folder(path)
    with LayoutTarget(folder).locked():
        LayoutSource(folder).entries()  # a broken layout is left alone
        index = folder / INDEX_FILE
        raw = load_json(f"kubekey:{path}", index.read_bytes(), MAX_MANIFEST)
        raw["manifests"], restored = entries.restored(entries.listed(raw))
        if not restored:
            raise KubekeyNothingToUndo(path, "none of its names ends in -orig and an architecture")
        staging.write_atomic(index, encode(raw))
    return tuple(restored)


def _file(path: Path) -> tuple[str, ...]:
    kept = path.with_name(f"{path.name}.orig")
    if not kept.is_file():
        raise KubekeyNothingToUndo(path, f"there is no {kept}")
    try:
        kept.replace(path)
        staging.sync_directory(path.parent)
    except OSError as error:
        raise CannotWrite(path, error) from error
    return (str(path),)
