"""``--create-project``: make sure that a reference's Harbor project exists before pushing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.errors import RepositoryWithoutProject
from ksimage.harbor import api

if TYPE_CHECKING:
    from ksimage.images.reference import Reference
    from ksimage.locations.registry import RegistryOptions


def ensure(reference: Reference, options: RegistryOptions, *, public: bool) -> str:
    """Create the project of a reference unless it is there; returns a sentence for the user.

    Registries that are no Harbor have no projects: nothing is done, and the sentence says so.

    Raises:
        RepositoryWithoutProject, BadReference, LoginRequired, LoginFailed, ProjectNotCreated,
        RegistryError.
    """
    harbor = api.detect(reference.registry, options)
    if harbor is None:
        return f"{reference.registry} does not answer like a Harbor: no project to create"
    try:
        project, slash, _ = reference.repository.partition("/")
        if not slash:
            raise RepositoryWithoutProject(str(reference), "it has no project")
        if harbor.ensure_project(project, public=public):
            kind = "public" if public else "private"
            return f"created the {kind} project {project} on {reference.registry}"
        return f"the project {project} exists on {reference.registry}"
    finally:
        harbor.close()
