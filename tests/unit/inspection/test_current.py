"""What a name holds, told before it is replaced: all platforms, within bounds, in words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support import derived
from tests.support.changed import CHANGES, changed
from tests.support.images import ImageStore, Recipe, layout

from ksimage.build.plan import Plan
from ksimage.inspection import current
from ksimage.inspection.current import look
from ksimage.locations import spec
from ksimage.locations.oci.layout import LayoutSource


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plan]:
    source = derived.base(tmp_path_factory.mktemp("base"), Recipe(), Recipe(architecture="arm64"))
    with derived.planned(source) as found:
        yield found


def content(path: Path, ref: str) -> current.Content:
    return look(spec.parse(f"oci:{path}:{ref}"), None)


def test_our_own_build(plan: Plan, tmp_path: Path) -> None:
    derived.publish_plan(plan, f"oci:{tmp_path}:t")
    found = content(tmp_path, "t")
    assert found.ours and [part.platform for part in found.parts] == ["linux/amd64", "linux/arm64"]
    assert str(found).startswith("a ksimage ") and "build of v3.3.2 (unquiet" in str(found)
    assert str(found).endswith(", verbosity 0")


@pytest.mark.parametrize("change", CHANGES)
def test_not_ours_alone(plan: Plan, tmp_path: Path, change: str) -> None:
    derived.publish_plan(plan, f"oci:{tmp_path}:t")
    changed(tmp_path, "t", "theirs", change)
    found = content(tmp_path, "theirs")
    assert not found.ours
    if change == "foreign platform":
        first, second = str(found).split("; ")
        assert first.startswith("for linux/amd64 a ksimage ")
        assert second == "for linux/arm64 a hook that neither upstream nor ksimage made"
    else:
        assert str(found).startswith("an image made from a ksimage ")
        assert str(found).endswith(", with more in it")


@pytest.mark.parametrize(
    ("texts", "ours"),
    [
        (["COPY x /hooks/kubesphere/installRunner.py"], True),
        (["COPY x /y", "ENV KS_INSTALLER_VERBOSITY=5 PYTHONUNBUFFERED=1", 'LABEL a="b"'], True),
        (["COPY", "/bin/sh -c #(nop)  ENV KS_INSTALLER_VERBOSITY=5 P=1",
          "/bin/sh -c #(nop)  LABEL a=b"], True),
        (["COPY x /y", "ENV KS_INSTALLER_VERBOSITY=5 P=1", "LABEL a=b", "ENV MINE=1"], False),
        (["COPY x /y", "ENV MINE=1", "LABEL a=b"], False),
        (["COPY x /y", 'CMD ["x"]'], False),
    ],
)  # fmt: skip
def test_what_follows_our_layer(plan: Plan, texts: list[str], ours: bool) -> None:
    image = plan.base.images[0]
    history = [{"created_by": text, "empty_layer": number > 0} for number, text in enumerate(texts)]
    altered = type(image)(
        image.descriptor,
        image.manifest,
        {**image.config, "history": history},
        image.platform,
    )
    assert current._as_made(altered) is ours


class TestBounds:
    @pytest.fixture
    def read(self, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """Sizes of the blobs that are read, configs included."""
        sizes: list[int] = []
        blob = LayoutSource.blob

        def counted(self: LayoutSource, descriptor: object, offset: int = 0) -> object:
            sizes.append(descriptor.size)  # type: ignore[attr-defined]
            return blob(self, descriptor, offset)  # type: ignore[arg-type]

        monkeypatch.setattr(LayoutSource, "blob", counted)
        return sizes

    def test_an_image_of_gigabytes_without_the_hook(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: list[int]
    ) -> None:
        monkeypatch.setattr(current, "LIMIT", 1 << 20)
        layout(tmp_path, Recipe(variant="no-hook", padding=2 << 20, labels={"name": "busy\x1bbox"}))
        found = content(tmp_path, "v3.3.2")
        assert not found.ours and max(read) < 1 << 20
        assert "not looked for beyond 1 MiB" in str(found)
        assert "name=busy box" in str(found) and " bytes" in str(found)

    def test_all_platforms_share_the_bound(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: list[int]
    ) -> None:
        monkeypatch.setattr(current, "LIMIT", 3 << 20)
        images = [
            Recipe(variant="no-hook", padding=2 << 20, architecture=name, seed=number)
            for number, name in enumerate(("amd64", "arm64"))
        ]
        layout(tmp_path, *images)
        found = content(tmp_path, "v3.3.2")
        assert sum(read) < 3 << 20
        assert "for linux/amd64 an image without the hook" in str(found)
        assert "for linux/arm64 an image whose hook was not looked for" in str(found)

    def test_a_small_image_without_the_hook(self, tmp_path: Path) -> None:
        layout(tmp_path, Recipe(variant="no-hook"))
        assert "an image without the hook (no layer holds that file), " in str(
            content(tmp_path, "v3.3.2")
        )


def test_no_image(tmp_path: Path) -> None:
    layout(tmp_path, Recipe())
    assert str(content(tmp_path, "gone")) == "images of other names: v3.3.2"
    store = ImageStore(tmp_path)
    digest = layout(tmp_path, Recipe(seed=9), ref="broken")
    store.corrupt(store.json(digest)["layers"][-1]["digest"])
    found = content(tmp_path, "broken")
    assert not found.ours and "an image with a broken layer, " in str(found)
