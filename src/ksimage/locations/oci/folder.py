"""Writing to ``oci:DIR[:REF]``. A valid layout is there at every moment: blobs are renamed into
place, the index is replaced last.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from ksimage.errors import CannotWrite, NotOurs
from ksimage.images.documents import encode, load_json
from ksimage.images.manifest import MAX_MANIFEST, Descriptor
from ksimage.locations.files import staging
from ksimage.locations.oci.documents import (
    INDEX_FILE,
    LAYOUT,
    LAYOUT_FILE,
    REF_NAME,
    blob_path,
    index_of,
    named,
)
from ksimage.locations.oci.layout import LayoutSource
from ksimage.locations.protocol import Outcome, Source, Transfer


class LayoutTarget:
    """A destination in a layout folder, which may hold other images.

    Without ``ref`` the image gets no name and takes the place of the one without a name.
    """

    max_jobs = None

    def __init__(self, path: Path, ref: str = "") -> None:
        self.path = path
        self.ref = ref
        self.name = f"oci:{path}" + (f":{ref}" if ref else "")
        self._ready = False
        self._guard = threading.Lock()
        self._made: list[Path] = []  # begins with the folder when this run created it
        self._tagged = False

    def platform(self) -> str | None:
        return None

    def held(self) -> Descriptor | None:
        if not self._exists():
            return None
        matches = [entry for entry in LayoutSource(self.path).entries() if self._mine(entry)]
        return matches[-1] if matches else None

    def put_blob(self, descriptor: Descriptor, source: Source) -> Transfer:
        self._prepare()
        destination = self._blob_path(descriptor)
        if LayoutSource(self.path).holds(descriptor):
            return Transfer(descriptor, Outcome.PRESENT)
        with closing(staging.Staged(self.path)) as staged, source.blob(descriptor) as chunks:
            sent = staged.write(chunks)
            staged.commit(destination)
        self._made.append(destination)
        return Transfer(descriptor, Outcome.SENT, sent)

    def put_manifest(self, descriptor: Descriptor, data: bytes) -> None:
        self._prepare()
        if not LayoutSource(self.path).holds(descriptor):
            staging.write_atomic(self._blob_path(descriptor), data)
            self._made.append(self._blob_path(descriptor))

    def tag(self, descriptor: Descriptor, data: bytes) -> None:
        self.put_manifest(descriptor, data)
        with self.locked():
            entries = LayoutSource(self.path).entries()
            kept = [entry.to_json() for entry in entries if not self._mine(entry)]
            raw = load_json(self.name, (self.path / INDEX_FILE).read_bytes(), MAX_MANIFEST)
            raw["manifests"] = [*kept, named(descriptor, self.ref)]
            staging.write_atomic(self.path / INDEX_FILE, encode(raw))
        self._tagged = True

    def close(self) -> None:
        created = self._made[:1] == [self.path]
        if self._tagged or not created or not self._ready:
            return
        self._ready = False
        # Nobody else's image can be in a layout that is without images still.
        with self.locked(), suppress(OSError):
            if LayoutSource(self.path).entries():
                return
            for path in reversed(self._made):
                if path.is_dir():
                    path.rmdir()
                else:
                    path.unlink(missing_ok=True)

    def _mine(self, entry: Descriptor) -> bool:
        return entry.annotations.get(REF_NAME, "") == self.ref

    def _blob_path(self, descriptor: Descriptor) -> Path:
        return self.path / blob_path(self.name, descriptor.digest)

    def _exists(self) -> bool:
        """Whether a layout is there. Raises NotOurs for anything else but an empty folder."""
        if not self.path.exists():
            return False
        if not self.path.is_dir():
            raise NotOurs(self.path, "OCI image layout", "it is not a folder")
        # One look, not two: another writer may be making the layout right now.
        names = {entry.name for entry in self.path.iterdir()}
        if LAYOUT_FILE in names:
            return True
        # A run that was killed between its first two files left these, and nothing else.
        ours = {"blobs", INDEX_FILE}
        strange = sorted(n for n in names - ours if not n.startswith(staging.PREFIX))
        if strange:
            raise NotOurs(
                self.path,
                "OCI image layout",
                f"it holds {', '.join(strange[:3])} but no {LAYOUT_FILE}",
            )
        return False

    def _prepare(self) -> None:
        with self._guard:
            if self._ready:
                return
            if self._exists():
                LayoutSource(self.path).entries()  # a layout of another version is left alone
            else:
                self._create()
            staging.sweep(self.path)
            self._ready = True

    def _create(self) -> None:
        try:
            new = not self.path.exists()
            blobs = self.path / "blobs" / "sha256"
            blobs.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CannotWrite(self.path, error) from error
        staging.write_new(self.path / INDEX_FILE, index_of())
        staging.write_new(self.path / LAYOUT_FILE, LAYOUT)
        if new:
            self._made = [
                self.path,
                self.path / "blobs",
                blobs,
                self.path / LAYOUT_FILE,
                self.path / INDEX_FILE,
            ]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep two writers of one layout from losing each other's entry."""
        with (self.path / LAYOUT_FILE).open("rb") as marker:
            staging.lock(marker.fileno())
            yield
