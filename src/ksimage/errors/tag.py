"""10: tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors.base import KsimageError

if TYPE_CHECKING:
    from collections.abc import Sequence


class TagError(KsimageError):
    """A tag holds something that must not be overwritten."""

    exit_code = 10


class TagImmutable(TagError):
    """The registry protects the tag by a rule (HTTP 412)."""

    def __init__(self, name: str, words: str) -> None:
        super().__init__(
            f"the registry protects {name}: it cannot be pushed again, not even unchanged",
            why=words,
            advice=[
                "push under another tag: --tag TAG",
                "or change the rule: Harbor > project > Policy > Tag Immutability",
            ],
        )


class TagMoved(TagError):
    """Somebody else wrote the tag while this run was at work."""

    def __init__(self, name: str, expected: str, actual: str) -> None:
        super().__init__(
            f"{name} was changed by somebody else meanwhile",
            why=f"it was expected to hold {expected}, and holds {actual}",
            advice=[f"ksimage inspect {name}", "then run the same command again"],
        )


class KeptTagOccupied(TagError):
    """Replacing would lose what the tag holds: every ``-orig`` is taken by another image."""

    def __init__(self, name: str, held: str, what: str, last: str) -> None:
        super().__init__(
            f"{name} was not replaced: what it holds could not be kept",
            why=f"it holds {what}; digest {held}\n"
            f"<tag>-orig and all names up to {last} hold other images",
            advice=["delete those that nobody needs any more", "or choose another tag: --tag TAG"],
        )


class TagOccupied(TagError):
    """The tag holds another image, and nobody asked to replace it.

    Attributes:
        differences: what that image differs in from the new one; empty where it cannot be read.
    """

    def __init__(
        self, name: str, digest: str, what: str, kept: str, differences: Sequence[str] = ()
    ) -> None:
        listed = [f"differs from this one: {difference}" for difference in differences]
        super().__init__(
            f"{name} already holds another image",
            why="\n".join([f"it holds {what}; digest {digest}", *listed]),
            advice=[
                f"replace it, keeping what is there as {kept}: add --replace",
                "or choose another name: --tag TAG, or --to",
            ]
            if kept
            else [
                "replace the whole file, and lose what is in it: add --replace",
                "or write to another one: --to oci-archive:OTHER.tar",
            ],
        )
        self.differences = tuple(differences)


class DestinationIsSource(TagError):
    """The result would take the place of the file that it is made from."""

    def __init__(self, name: str, source: str) -> None:
        super().__init__(
            f"{name} is the file that the image is read from",
            why=f"writing there would destroy the only copy of {source}",
            advice=["write to another file: --to docker-archive:OTHER.tar"],
        )
