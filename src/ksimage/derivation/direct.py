"""Make the derived image without any daemon: one layer, a config and a manifest a platform.

The result is a Source over the base (``locations/views.py``); nothing is written here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.images import config as image_config
from ksimage.images import derive
from ksimage.images.digest import sha256
from ksimage.images.layer import write_layer
from ksimage.locations.views import OverlaySource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ksimage.base.images import ImageSet, PlatformImage
    from ksimage.derivation.recipe import Recipe
    from ksimage.images.manifest import Descriptor
    from ksimage.locations.protocol import Source


def build(
    name: str,
    source: Source,
    base: ImageSet,
    recipes: Sequence[tuple[PlatformImage, Recipe]],
    index_annotations: Mapping[str, str],
) -> OverlaySource:
    """The derived image: the same kind out as in, every recipe's platform in it.

    Args:
        name: what to call the result in messages.
        source: where the base's blobs are.
        base: the base image or index.
        recipes: the platforms to derive, in the base's order.
        index_annotations: for an OCI index.
    """
    documents: dict[str, bytes] = {}
    blobs: dict[str, bytes] = {}
    derived: dict[str, Descriptor] = {}
    top: Descriptor | None = None
    for image, recipe in recipes:
        layer = write_layer(recipe.file, recipe.folders)
        change = image_config.Change(
            layer.diff_id,
            recipe.env,
            recipe.labels,
            recipe.created,
            recipe.created_by,
            recipe.settings,
        )
        config = image_config.derive(image.config, change)
        document = derive.derive_manifest(image.manifest, config, layer, recipe.annotations)
        blobs[layer.digest] = layer.data
        blobs[sha256(config)] = config
        documents[document.descriptor.digest] = document.data
        derived[image.descriptor.digest] = document.descriptor
        top = document.descriptor
    if base.index is not None:
        index = derive.derive_index(base.index, derived, index_annotations)
        documents[index.descriptor.digest] = index.data
        top = index.descriptor
    assert top is not None, "an image without platforms is refused when it is read"
    return OverlaySource(name, source, top, documents, blobs)
