"""``manifest.json`` of a Docker archive: the images in it, whatever form its writer chose."""

from __future__ import annotations

from ksimage.errors import BadReference, MalformedImage
from ksimage.images import reference
from ksimage.images.documents import JsonObject, load_json
from ksimage.images.manifest import MAX_LAYERS, MAX_MANIFEST

LIST_FILE = "manifest.json"
MAX_IMAGES = 1000


def listed(name: str, data: bytes) -> list[JsonObject]:
    """The images that the document lists. Raises MalformedImage."""
    # The loader wants an object; this document is an array.
    images = load_json(name, b'{"images":' + data + b"}", MAX_MANIFEST + 16)["images"]
    if not isinstance(images, list) or len(images) > MAX_IMAGES:
        raise MalformedImage(name, f"{LIST_FILE} is not a list of images")
    for image in images:
        layers = image.get("Layers") if isinstance(image, dict) else None
        if (
            not isinstance(layers, list)
            or len(layers) > MAX_LAYERS
            or not all(isinstance(layer, str) for layer in layers)
            or not isinstance(image.get("Config"), str)
            or not all(isinstance(tag, str) for tag in image.get("RepoTags") or [])
        ):
            raise MalformedImage(name, f"{LIST_FILE} describes no image")
    return images


def names_of(image: JsonObject) -> list[str]:
    """The image's names as ``docker images`` shows them, whatever form the writer chose."""
    return [name for name in map(_tag, image.get("RepoTags") or []) if name]


def _tag(text: str) -> str:
    try:
        return reference.docker_name(text)
    except BadReference:
        return ""


def labels_of(image: JsonObject) -> list[str]:
    return names_of(image) or [f"(no name, config {image['Config'][:80]})"]
