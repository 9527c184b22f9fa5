"""11: malformed or hostile images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors.base import KsimageError

if TYPE_CHECKING:
    from collections.abc import Iterable


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
