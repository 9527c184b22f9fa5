"""Base images like upstream's, made here in pure Python: no engine, no network.

Upstream has two recipes (ks-installer ``Dockerfile`` up to v3.2.1, ``Dockerfile.complete`` since
v3.3.0); a :class:`Recipe` makes either, with hostile variants, an :class:`ImageStore` holds them.
"""

from tests.support.images.archive import docker_archive
from tests.support.images.mediatypes import INDEX_TYPE, MANIFEST_TYPE, Family
from tests.support.images.recipe import HOOK, HOOK_PATH, Recipe
from tests.support.images.steps import CREATED, MTIME, Entry, Step, directory
from tests.support.images.store import ImageStore, blobs_of, layout

__all__ = [
    "CREATED",
    "HOOK",
    "HOOK_PATH",
    "INDEX_TYPE",
    "MANIFEST_TYPE",
    "MTIME",
    "Entry",
    "Family",
    "ImageStore",
    "Recipe",
    "Step",
    "blobs_of",
    "directory",
    "docker_archive",
    "layout",
]
