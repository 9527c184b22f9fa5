from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.support import requires

from ksimage.patching import diff, unified
from ksimage.patching.apply import apply_patch
from ksimage.upstream.releases import HOOK_PATH


def test_equal_texts_have_no_diff() -> None:
    assert diff.unified(b"a\n", b"a\n") == b""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\nb\nc\n", b"a\nB\nc\n"),
        (b"a\nb", b"a\nb\n"),
        (b"a\nb\n", b"a\nb"),
        (b"a\nb", b"a\nc"),
        (b"a\r\nb\r\n", b"a\r\nc\r\n"),
        (b"\xff\xfe\na\n", b"\xff\xfe\nb\n"),
        (b"1\n" * 20 + b"a\n" + b"2\n" * 20, b"0\n" + b"1\n" * 20 + b"b\n" + b"2\n" * 20),
    ],
)
def test_the_same_as_gnu_diff_and_applies(before: bytes, after: bytes, tmp_path: Path) -> None:
    made = diff.unified(before, after, context=1)
    assert apply_patch(before, unified.parse(made, "made")).data == after
    (tmp_path / "before").write_bytes(before)
    (tmp_path / "after").write_bytes(after)
    names = ["-L", f"a/{HOOK_PATH}", "-L", f"b/{HOOK_PATH}"]
    command = [requires.program("diff"), "-U1", "-a", *names, "before", "after"]
    assert made == subprocess.run(command, cwd=tmp_path, capture_output=True).stdout
