"""A file of an image, as its layers leave it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.support import derived
from tests.support.images import Entry, Recipe, Step

from ksimage.base.images import read_images
from ksimage.hook.files import read_file
from ksimage.locations.oci.layout import LayoutSource


@pytest.mark.parametrize(
    ("above", "expected"),
    [
        (Entry("a/b/.wh.c"), None),
        (Entry("a/b/.wh..wh..opq"), None),
        (Entry("a/.wh.b"), None),
        (Entry(".wh.a"), None),
        (Entry("a/b", kind="symlink", link="x"), None),
        (Entry("a/b/c", kind="symlink", link="x"), None),
        (Entry("a/b/c", b"new"), b"new"),
        (Entry("a/b/.wh.d"), b"old"),
        (Entry("a/b/c/d"), b"old"),
    ],
)
def test_a_file_as_the_layers_leave_it(
    tmp_path: Path, above: Entry, expected: bytes | None
) -> None:
    class Two(Recipe):
        def steps(self) -> list[Step]:
            below = Step("ADD a /", (Entry("a/b/c", b"old"),))
            return [below, Step("RUN x", (above,)), *super().steps()]

    derived.base(tmp_path, Two())
    source = LayoutSource(tmp_path, "v3.3.2")
    image = read_images(source).images[0]
    assert read_file(source, image, "a/b/c", 100) == expected
