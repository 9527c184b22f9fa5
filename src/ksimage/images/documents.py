"""JSON documents of images: read from hostile bytes, written so that bytes depend on content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NoReturn, TypeAlias

from ksimage.errors import MalformedImage

# Others wrote these documents: whoever takes a field out of one checks its type.
JsonObject: TypeAlias = "dict[str, object]"
JsonView: TypeAlias = "Mapping[str, object]"


def encode(document: JsonView) -> bytes:
    """JSON bytes that depend on the document alone: insertion order, no spaces, UTF-8."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def load_json(name: str, data: bytes, limit: int) -> JsonObject:
    """A JSON object of at most ``limit`` bytes.

    Raises:
        MalformedImage: too large, no JSON (NaN and half surrogates are none), duplicate keys, or no
            object.
    """
    if len(data) > limit:
        raise MalformedImage(
            name, f"a document of {len(data)} bytes (at most {limit} are accepted)"
        )
    try:
        document = json.loads(
            data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_number
        )
        if b"\\ud" in data or b"\\uD" in data:
            encode(document)  # a half surrogate is no text: nothing could be written of it
    except (ValueError, RecursionError) as error:
        raise MalformedImage(name, f"no usable JSON: {error}") from error
    if not isinstance(document, dict):
        raise MalformedImage(name, "the JSON document is no object")
    return document


def exact(name: str, raw: JsonView, keys: frozenset[str]) -> None:
    """Refuse keys that are one of ``keys`` but for upper and lower case.

    Go reads those as the same key, the last one winning: an engine would see another image.

    Raises:
        MalformedImage
    """
    for key in raw:
        if key not in keys and key.lower() in {known.lower() for known in keys}:
            raise MalformedImage(name, f"the key {shown(key)} differs from the real one by case")


def shown(value: object) -> str:
    """A value fit for a message."""
    return repr(value)[:80] if isinstance(value, (str, int, float, tuple)) else type(value).__name__


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    document: dict[str, object] = {}
    for key, value in pairs:
        if key in document:
            message = f"the key {shown(key)} stands twice"
            raise ValueError(message)
        document[key] = value
    return document


def _no_number(text: str) -> NoReturn:
    message = f"{text} is no number"
    raise ValueError(message)
