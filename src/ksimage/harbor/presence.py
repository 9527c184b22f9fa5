"""What is there already, before somebody else pushes or deploys: projects, and a tag."""

from __future__ import annotations

import logging
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from ksimage.errors import KsimageError
from ksimage.harbor.api import detect
from ksimage.locations.registry.source import RegistrySource

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ksimage.images.reference import Reference
    from ksimage.locations.options import RegistryOptions

log = logging.getLogger(__name__)


class Presence(NamedTuple):
    """What a registry answered.

    Attributes:
        harbor: whether it is a Harbor; others have no projects.
        projects: of those asked for, whether each is there; None where that is not told.
        digest: what the tag holds, or None when it holds nothing or that is not told.
    """

    harbor: bool
    projects: Mapping[str, bool | None]
    digest: str | None

    @property
    def missing(self) -> tuple[str, ...]:
        """Projects that are not there."""
        return tuple(name for name, there in self.projects.items() if there is False)


def look(
    reference: Reference, projects: Sequence[str], options: RegistryOptions | None
) -> Presence:
    """Ask the registry of a reference. What fails is unknown, never an error."""
    found: dict[str, bool | None] = {}
    harbor = detect(reference.registry, options)
    if harbor is not None:
        with closing(harbor):
            found = {project: harbor.has_project(project) for project in projects}
    digest = None
    with closing(RegistrySource(reference, options)) as source:
        try:
            digest = source.top().digest
        except KsimageError as error:
            log.info("%s: %s", reference, error.message)
    return Presence(harbor is not None, found, digest)
