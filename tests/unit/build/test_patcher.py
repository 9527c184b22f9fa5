"""Hooks are patched while their layer is still being read: begun early, used only when proven."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support import derived
from tests.support.images import HOOK_PATH, Entry, ImageStore, Recipe, Step, layout
from tests.support.program import MINIATURE_HOOK

from ksimage.base.images import PlatformImage, read_images
from ksimage.build import patcher
from ksimage.build.patcher import Patcher, load_series
from ksimage.config.settings import Settings
from ksimage.errors import DigestMismatch, HookNotFound, KsimageError, MalformedImage
from ksimage.hook.layers import Hook
from ksimage.patching.series import Series
from ksimage.upstream import releases

HOOK = MINIATURE_HOOK.read_bytes()
OTHER = HOOK + b"\n# another one\n"
NO_HOOK = b"print('nothing that the patches are for')\n"
RELEASE = "v3.3.2"
BEHIND = 900_000
"""Bytes behind the hook in its layer: with threads of its own, and not all read at once."""


class Spied:
    """Hooks whose patching was begun, and those of them that could be patched."""

    def __init__(self) -> None:
        self.begun: list[bytes] = []
        self.done: list[bytes] = []


@pytest.fixture
def spied(monkeypatch: pytest.MonkeyPatch) -> Spied:
    spy = Spied()
    begin = Patcher.begin

    def remembering(self: Patcher, release: str, hook: Hook) -> object:
        spy.begun.append(hook.data)
        future = begin(self, release, hook)
        if future.exception() is None:
            spy.done.append(hook.data)
        return future

    monkeypatch.setattr(Patcher, "begin", remembering)
    return spy


def entry(data: bytes) -> Entry:
    return Entry(HOOK_PATH, data, 0o755, 1002, 1002)


def base(path: Path, *entries: Entry, **recipe: object) -> str:
    """A layout whose only layer holds these entries."""

    class Exactly(Recipe):
        def steps(self) -> list[Step]:
            return [Step("RUN x", entries)]

    layout(path, Exactly(**recipe))  # type: ignore[arg-type]
    return f"oci:{path}"


def layer_of(path: Path) -> str:
    store = ImageStore(path)
    top = derived.opened(f"oci:{path}").top()
    return str(store.json(top.digest)["layers"][0]["digest"])


NOISE = Entry("usr/noise", padding=BEHIND)


# --- what was begun is used only when its layer is proven -----------------------------------------


@pytest.mark.parametrize("size", ["large", "small"])
@pytest.mark.parametrize(
    ("compression", "position", "error"),
    [
        ("gzip", -20, KsimageError),  # in the data behind the hook
        ("gzip", -6, MalformedImage),  # the checksum
        ("none", -3000, DigestMismatch),  # tar itself notices nothing
    ],
)
def test_a_layer_damaged_behind_the_hook(
    tmp_path: Path, spied: Spied, compression: str, position: int, error: type, size: str
) -> None:
    behind = NOISE if size == "large" else replace(NOISE, padding=20_000)
    source = base(tmp_path / "base", entry(HOOK), behind, compression=compression)
    with derived.planned(source) as plan:
        assert plan.platforms[0].hook.data == HOOK
    layer = layer_of(tmp_path / "base")
    ImageStore(tmp_path / "base").corrupt(layer, position=position)
    spied.done.clear()
    with pytest.raises(error), derived.planned(source):
        pass
    if size == "large":
        assert spied.done == [HOOK], "it was not even begun: this test tests nothing"
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("patch")]


@pytest.mark.parametrize("behind", [BEHIND, 4 * BEHIND])
@pytest.mark.parametrize("position", [-BEHIND // 2, -20, -6])
def test_a_layer_damaged_behind_a_hook_of_upstreams(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, position: int, behind: int
) -> None:
    """It is not decompressed any further. How much of the rest has come by then makes no odds."""
    monkeypatch.setattr(
        "ksimage.upstream.releases.by_hook", lambda sha256: (releases.find(RELEASE),)
    )
    source = base(tmp_path / "base", entry(HOOK), replace(NOISE, padding=behind))
    with derived.planned(source) as plan:
        assert plan.platforms[0].hook.data == HOOK
    ImageStore(tmp_path / "base").corrupt(layer_of(tmp_path / "base"), position=position)
    for _ in range(5):
        with pytest.raises((DigestMismatch, MalformedImage)), derived.planned(source):
            pass


def test_a_diff_id_that_is_another(tmp_path: Path, spied: Spied) -> None:
    source = derived.base(tmp_path / "base", Recipe(variant="wrong-diff-ids"))
    with pytest.raises(DigestMismatch) as caught, derived.planned(source):
        pass
    assert "diff ID" in caught.value.why
    assert HOOK in spied.done


@pytest.mark.parametrize(("first", "second"), [(OTHER, HOOK), (HOOK, OTHER), (NO_HOOK, HOOK)])
def test_the_second_entry_of_a_layer_wins(
    tmp_path: Path, spied: Spied, first: bytes, second: bytes
) -> None:
    """Whoever unpacks the layer has the second; and the first one's errors are nobody's concern."""
    source = base(tmp_path / "base", entry(first), NOISE, entry(second))
    with derived.planned(source) as plan:
        only = plan.platforms[0]
        assert only.hook.data == second
        assert only.recipe.file.data == only.patched.after
    assert spied.begun[:2] == [first, second]
    alone = base(tmp_path / "alone", entry(second))
    with derived.planned(alone) as plan:
        assert plan.platforms[0].patched.after == only.patched.after


def test_a_link_over_the_hook_that_was_begun(tmp_path: Path, spied: Spied) -> None:
    link = replace(entry(b""), kind="symlink", link="/etc/passwd")
    source = base(tmp_path / "base", entry(HOOK), NOISE, link)
    with pytest.raises(HookNotFound), derived.planned(source):
        pass
    assert HOOK in spied.done


# --- the patcher itself ---------------------------------------------------------------------------


@pytest.fixture
def begun() -> Iterator[Patcher]:
    with closing(Patcher("the base", Settings(), RELEASE)) as made:
        yield made


def hook(data: bytes) -> Hook:
    return Hook(data, 0o755, 0, 0, "sha256:" + "0" * 64)


@pytest.fixture
def image(tmp_path: Path) -> PlatformImage:
    return read_images(derived.opened(derived.base(tmp_path / "image"))).images[0]


def test_errors_wait(begun: Patcher, image: PlatformImage) -> None:
    future = begun.begin(RELEASE, hook(NO_HOOK))
    assert isinstance(future.exception(), KsimageError)
    with pytest.raises(KsimageError) as caught:
        begun.patch(RELEASE, image, hook(NO_HOOK))
    assert caught.value is future.exception()


def test_patched_once(
    begun: Patcher, image: PlatformImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    patch = Patcher._patch

    def counting(self: Patcher, release: str, pristine: bytes) -> object:
        calls.append(pristine)
        return patch(self, release, pristine)

    monkeypatch.setattr(Patcher, "_patch", counting)
    threads = [threading.Thread(target=begun.begin, args=(RELEASE, hook(HOOK))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    result = begun.patch(RELEASE, image, hook(HOOK))
    assert calls == [HOOK]
    assert result.after != HOOK
    begun.patch(RELEASE, image, hook(OTHER))
    begun.patch("", image, hook(HOOK))
    assert calls == [HOOK, OTHER, HOOK], "another hook, or another release's patches"


def test_selected_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that begins with the likeliest release, and whoever asks for it meanwhile."""
    loads: list[Settings] = []
    ready = threading.Event()

    def slow(settings: Settings) -> Series:
        loads.append(settings)
        ready.set()
        time.sleep(0.1)
        return load_series(settings)

    monkeypatch.setattr(patcher, "load_series", slow)
    with closing(Patcher("the base", Settings(), RELEASE)) as begun:
        assert ready.wait(10)
        assert begun.select(RELEASE) is begun.select(RELEASE)
    assert len(loads) == 1


def test_close_waits_for_no_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    """What has not begun is dropped: an error elsewhere is not kept waiting."""
    begun = Patcher("the base", Settings(), RELEASE)
    running, gate = threading.Event(), threading.Event()

    def blocked(self: Patcher, release: str, pristine: bytes) -> None:
        running.set()
        gate.wait(10)

    monkeypatch.setattr(Patcher, "_patch", blocked)
    first = begun.begin(RELEASE, hook(HOOK))
    second = begun.begin(RELEASE, hook(OTHER))
    assert running.wait(10)
    threading.Timer(0.05, gate.set).start()
    begun.close()
    assert first.done() and not first.cancelled()
    assert second.cancelled()
