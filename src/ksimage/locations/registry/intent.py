"""What a request is for."""

from __future__ import annotations

from typing import NamedTuple


class Intent(NamedTuple):
    """What a request is for: decides the rights to ask for and the words of an error.

    Attributes:
        host: the registry's name.
        repository: the repository; "" for requests to the registry as a whole.
        push: it wants to write.
        what: the tag or digest that is meant, or "".
        mount_from: another repository of the same registry to read from, or "".
        destination: it only reads, but from where an image is to go.
    """

    host: str
    repository: str = ""
    push: bool = False
    what: str = ""
    mount_from: str = ""
    destination: bool = False

    @property
    def action(self) -> str:
        """``push`` or ``pull``: what the user wanted, not what the request does on the way."""
        return "push" if self.push or self.destination else "pull"

    @property
    def name(self) -> str:
        """The image as a user would type it."""
        text = f"{self.host}/{self.repository}".rstrip("/")
        if not self.what:
            return text
        return f"{text}@{self.what}" if ":" in self.what else f"{text}:{self.what}"

    @property
    def scopes(self) -> tuple[str, ...]:
        """Exactly the rights that a token needs, as the token specification writes them.

        The repository to push to comes first: of a project's robot, Harbor forgets the rights in
        all projects but the first (``common/rbac/project/evaluator.go``).
        """
        if not self.repository:
            return ()
        actions = "pull,push" if self.push else "pull"
        mount = (f"repository:{self.mount_from}:pull",) if self.mount_from else ()
        return (f"repository:{self.repository}:{actions}", *mount)
