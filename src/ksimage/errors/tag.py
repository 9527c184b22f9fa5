"""10: tags."""

from __future__ import annotations

from ksimage.errors.base import KsimageError


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
        self.actual = actual


class KeptTagOccupied(TagError):
    """Replacing would lose what the tag holds: its ``-orig`` is taken by another image."""

    def __init__(self, name: str, held: str, what: str, kept: str, there: str) -> None:
        super().__init__(
            f"{name} was not replaced: what it holds could not be kept",
            why=f"it holds {what}; digest {held}\n{kept} already holds another image, {there}",
            advice=[
                "keep it under a tag of its own, then run the same command again:",
                f"  ksimage push {name}@{held} --to {kept}-2",
                "or choose another tag: --tag TAG",
            ],
        )


class TagOccupied(TagError):
    """The tag holds another image, and nobody asked to replace it."""

    def __init__(self, name: str, digest: str, what: str) -> None:
        super().__init__(
            f"{name} already holds another image",
            why=f"it holds {what}; digest {digest}",
            advice=[
                "replace it, keeping what is there as <tag>-orig: add --replace",
                "or choose another tag: --tag TAG",
            ],
        )
