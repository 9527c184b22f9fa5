"""What layers say about the hook's surroundings, one above the other."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest
from tests.support.images import HOOK, HOOK_PATH, Entry, Step, directory
from tests.unit.hook.test_find import OTHER, built, found, hook, upstream

from ksimage.hook.layers import LayerFinding, Stack, judge
from ksimage.images.layer import LayerFolder, read_layer

__all__ = ["upstream"]  # a fixture
PARENTS_AND_HOOK = (directory("hooks"), directory("hooks/kubesphere"), hook())


def judged(*members: tuple[tarfile.TarInfo, bytes]) -> LayerFinding:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return judge(read_layer("x", [buffer.getvalue()]), layer="sha256:x", seen=None, brief=False)


def member(path: str, data: bytes = b"", **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(path)
    for key, value in fields.items():
        setattr(info, key, value)
    return info, data


def test_a_directory_with_all_that_it_has() -> None:
    records = {
        "SCHILY.xattr.user.mine": "yes",
        "SCHILY.xattr.trusted.overlay.opaque": "y",
        "LIBARCHIVE.xattr.user.mine": "eWVz",
        "mtime": "1666253742.75",
    }
    finding = judged(
        member("./hooks/", type=tarfile.DIRTYPE, mode=0o42775, uid=7, gid=8, pax_headers=records)
    )
    expected = LayerFolder("hooks", 0o2775, 7, 8, 1_666_253_742, {"SCHILY.xattr.user.mine": b"yes"})
    assert finding.parents == {"hooks": expected}


class TestOthers:
    """What shell-operator would run besides the hook."""

    def test_what_counts(self, tmp_path: Path) -> None:
        entries = (
            Entry("hooks/kubesphere/schedule.sh", b"", 0o755),  # upstream's
            Entry("hooks/second.py", b"", 0o755),
            Entry("hooks/deep/er/third.sh", b"", 0o601),
            Entry("hooks/link", kind="symlink", link="kubesphere/installRunner.py"),
            Entry("hooks/readme.txt", b"", 0o644),
            Entry("hooks/.hidden.sh", b"", 0o755),
            Entry("hooks/.git/hook.sh", b"", 0o755),
            Entry("bin/hooks/fourth.sh", b"", 0o755),
        )
        built(tmp_path, Step("RUN x", (hook(), *entries)))
        others = found(tmp_path, depth="bottom").others
        assert others == ("hooks/deep/er/third.sh", "hooks/link", "hooks/second.py")

    def test_in_a_layer_above_it_is_always_seen(self, tmp_path: Path, upstream: None) -> None:
        more = Step("ADD a /app/ # buildkit", (Entry("hooks/second.py", b"", 0o755),))
        built(tmp_path, Step("ADD a /", (hook(),)), more)
        assert found(tmp_path).others == ("hooks/second.py",)

    def test_behind_the_hook_in_its_layer(self, tmp_path: Path, upstream: None) -> None:
        entries = (hook(), Entry("hooks/kubesphere/z.py", b"", 0o755), Entry("usr/x"))
        built(tmp_path, Step("ADD a /", entries))
        assert found(tmp_path).others == ("hooks/kubesphere/z.py",)

    def test_below_it_only_where_all_is_read(self, tmp_path: Path, upstream: None) -> None:
        below = Step("ADD a /", (Entry("hooks/second.py", b"", 0o755),))
        built(tmp_path, below, Step("RUN x", PARENTS_AND_HOOK))
        assert found(tmp_path).others == ()
        told = found(tmp_path, depth="parents")
        assert (told.others, told.unread) == ((), 1)
        told = found(tmp_path, depth="bottom")
        assert (told.others, told.unread) == (("hooks/second.py",), 0)

    @pytest.mark.parametrize(
        "words", ["COPY second.py /hooks/ # buildkit", "COPY second.py . # buildkit", ""]
    )
    def test_below_it_where_the_history_gives_reason(
        self, tmp_path: Path, upstream: None, words: str
    ) -> None:
        nothing = Step("RUN /bin/sh -c apk add bash # buildkit", (Entry("bin/bash"),))
        below = Step(words, (Entry("hooks/second.py", b"", 0o755),))
        built(tmp_path, nothing, below, Step("RUN x", PARENTS_AND_HOOK))
        told = found(tmp_path, depth="parents")
        assert (told.others, told.unread) == (("hooks/second.py",), 1)

    @pytest.mark.parametrize(
        "above",
        [
            Entry("hooks/.wh.second.py"),
            Entry("hooks/.wh..wh..opq"),
            Entry(".wh.hooks"),
            Entry("hooks/second.py", b"", 0o644),
        ],
    )
    def test_gone_or_harmless_since(self, tmp_path: Path, above: Entry) -> None:
        below = Step("ADD a /", (Entry("hooks/second.py", b"", 0o755),))
        built(tmp_path, below, Step("RUN x", (above, hook())))
        assert found(tmp_path, depth="bottom").others == ()


class TestParents:
    def test_from_whatever_layer_says_it_last(self, tmp_path: Path) -> None:
        built(
            tmp_path,
            Step("ADD a /", (directory("hooks"), directory("hooks/kubesphere", mode=0o700))),
            Step("ADD b /", (directory("hooks", owner=1002),)),
            Step("RUN x", (hook(),)),
        )
        assert found(tmp_path).parents == {}, "not looked for unless asked"
        parents = found(tmp_path, depth="parents").parents
        assert {path: (p.mode, p.uid) for path, p in parents.items()} == {
            "hooks": (0o755, 1002),
            "hooks/kubesphere": (0o700, 0),
        }

    def test_above_the_hook(self, tmp_path: Path, upstream: None) -> None:
        built(
            tmp_path,
            Step("ADD a /", (directory("hooks"), directory("hooks/kubesphere"), hook())),
            Step("RUN chmod", (directory("hooks", mode=0o2775),)),
        )
        assert found(tmp_path, depth="parents").parents["hooks"].mode == 0o2775

    def test_not_from_below_what_was_deleted(self, tmp_path: Path) -> None:
        built(
            tmp_path,
            Step("ADD a /", (directory("hooks", owner=7), directory("hooks/kubesphere", owner=7))),
            Step("RUN rm", (Entry(".wh.hooks"), hook())),
        )
        assert found(tmp_path, depth="parents").parents == {}

    def test_nowhere(self, tmp_path: Path) -> None:
        built(tmp_path, Step("RUN x", (hook(),)))
        assert found(tmp_path, depth="parents").parents == {}


def test_a_link_on_the_way_is_no_reason_to_believe(tmp_path: Path, upstream: None) -> None:
    """`/app -> /hooks/kubesphere` and `ADD custom.py /app/installRunner.py`: BuildKit follows."""
    built(
        tmp_path,
        Step("ADD a /", (hook(HOOK),)),
        Step("RUN ln -s /hooks/kubesphere /app", (Entry("app", kind="symlink", link="hooks"),)),
        Step("ADD custom.py /app/installRunner.py # buildkit", (Entry(HOOK_PATH, OTHER, 0o755),)),
    )
    assert found(tmp_path).data == OTHER


def test_an_empty_stack() -> None:
    stack = Stack()
    stack.put_below(LayerFinding())
    assert stack.hook is None and not stack.parents and stack.others == ()
