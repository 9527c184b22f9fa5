"""From hooks to patched hooks: which patches, applied and proven, each hook once.

A hook can be begun as soon as its bytes were read. While the rest of its layer is decompressed and
proven, which is not Python's own work, it is being patched.
"""

from __future__ import annotations

import threading
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from ksimage import resources
from ksimage.errors import BasePatched, PatchAlreadyApplied, PatchesFailed
from ksimage.threads import Threads
from ksimage.upstream import releases

if TYPE_CHECKING:
    from concurrent.futures import Future

    from ksimage.base.images import PlatformImage
    from ksimage.config.settings import Settings
    from ksimage.hook.layers import Hook
    from ksimage.patching.apply import SeriesResult
    from ksimage.patching.series import Selection, Series


def load_series(settings: Settings) -> Series:
    """The shipped series and the user's own, as the settings combine them. Raises PatchError."""
    from ksimage.patching import series

    own = settings.patches.directory
    first = series.Series(())  # in place of the shipped one may also come single files alone
    if settings.patches.mode == "append":
        first = series.load(resources.path("patches"))
    return first if own is None else series.combine(first, series.load(own))


def select(settings: Settings, release: str) -> Selection:
    """The patches for a release of upstream's, or for a name that is none. Raises PatchError."""
    from ksimage.patching import series

    known = next((r for r in releases.all_releases() if r.tag == release), None)
    patches = settings.patches
    return series.select(
        load_series(settings), patches.include, patches.exclude, patches.files, known
    )


def met(pristine: bytes, release: str, before: Series, *, target: str) -> bytes:
    """The hook that a patch meets in a build: with the default patches before it applied.

    Args:
        pristine: the release's hook.
        release: upstream's tag.
        before: the patches that come first; those that are not for the release are left out.
        target: what the hook is, for messages.

    Raises:
        PatchError: one of them does not apply.
    """
    from ksimage.patching import apply, series

    known = next((r for r in releases.all_releases() if r.tag == release), None)
    texts = series.select(before, release=known).texts
    return apply.apply_series(pristine, texts, target=target).after if texts else pristine


class Patcher:
    """Patches the hooks of one base, in a thread of its own.

    Args:
        name: the base, for messages.
        settings: what is in force.
        release: the likeliest, whose patches are read at once.
        prove: whether what comes out has to be proven.
    """

    def __init__(self, name: str, settings: Settings, release: str, *, prove: bool = True) -> None:
        self._name = name
        self._prove = prove
        self._pool = Threads(1, "patch")
        self._lock = threading.Lock()
        self._begun: dict[tuple[str, str], Future[SeriesResult]] = {}
        self._select = lru_cache(partial(select, settings))
        self._selecting = threading.Lock()  # lru_cache calls twice what two threads ask for at once
        self._pool.submit(self.select, release)

    def close(self) -> None:
        """End its thread."""
        self._pool.shutdown(cancel_futures=True)

    def select(self, release: str) -> Selection:
        """:func:`select` with these settings, once. Thread-safe."""
        with self._selecting:
            return self._select(release)

    def begin(self, release: str, hook: Hook) -> Future[SeriesResult]:
        """Patch a hook in the background, once; its errors wait for :meth:`patch`. Thread-safe."""
        key = (release, hook.sha256)
        with self._lock:
            if key not in self._begun:
                self._begun[key] = self._pool.submit(self._patch, release, hook.data)
            return self._begun[key]

    def patch(self, release: str, image: PlatformImage, hook: Hook) -> SeriesResult:
        """The patched hook.

        Raises:
            UnsupportedRelease: it is no hook that the patches are for.
            PatchError: a patch does not fit, or the result is not what it should be.
            BasePatched: the base is an earlier build.
        """
        from ksimage.inspection import identity as image_identity

        try:
            return self.begin(release, hook).result()
        except (PatchAlreadyApplied, PatchesFailed) as error:
            made = image_identity.identify(image, hook)
            if made.origin is not image_identity.Origin.KSIMAGE:
                raise
            raise BasePatched(self._name, str(made), made.base_name, made.release) from error

    def _patch(self, release: str, pristine: bytes) -> SeriesResult:
        from ksimage.hook import proof
        from ksimage.patching import apply

        selection = self.select(release)
        proof.require_supported(pristine, name=self._name)
        target = f"the hook of {self._name}"
        result = apply.apply_series(pristine, selection.texts, target=target)
        if self._prove:
            proof.prove_hook(result.after, base=pristine)
        return result
