"""``ksimage diff``: piped it is a patch, on a terminal it is harmless."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path

from tests.support import derived, requires
from tests.support.program import COMMAND, environment, ksimage

from ksimage.build.plan import Plan

ODD = b"# form feed \x0c, next line \xc2\x85, separator \xe2\x80\xa8, escape \x1b[31m, latin \xe4\n"


def patched(plan: Plan) -> bytes:
    return plan.platforms[0].patched.after


def test_piped_it_applies(tmp_path: Path) -> None:
    program = requires.program("patch")
    source = derived.base(tmp_path / "base")
    finished = ksimage("diff", "v3.3.2", "--from", source, cwd=tmp_path).ok()
    (tmp_path / "installRunner.py").write_bytes(derived.HOOK)
    subprocess.run(
        [program, "-F0", "-p1", "installRunner.py"],
        cwd=tmp_path, input=finished.stdout, text=True, check=True, capture_output=True,
    )  # fmt: skip
    with derived.planned(source) as plan:
        assert (tmp_path / "installRunner.py").read_bytes() == patched(plan)


def test_patch_files_come_out_as_they_are(tmp_path: Path) -> None:
    from ksimage import resources

    for path in resources.path("patches").glob("*.patch"):
        done = subprocess.run(
            [*COMMAND, "patches", "show", path.stem],
            cwd=tmp_path, env=environment(), capture_output=True,
        )  # fmt: skip
        assert done.stdout == path.read_bytes()


def test_odd_bytes(tmp_path: Path) -> None:
    """A patch file of one's own may hold what terminals obey and what Python takes for lines."""
    text = (
        b"Description: x\nAuthor: A Name <a@example.com>\n---\n"
        b"--- a/hooks/kubesphere/installRunner.py\n+++ b/hooks/kubesphere/installRunner.py\n"
        b"@@ -1,1 +1,2 @@\n #!/usr/bin/env python3\n+" + ODD
    )
    (tmp_path / "p").mkdir()
    (tmp_path / "p" / "odd.patch").write_bytes(text)
    (tmp_path / "p" / "series").write_text("odd.patch\n")
    command = [*COMMAND, "patches", "show", "odd", "--patch-dir", "p"]
    options = {"cwd": tmp_path, "env": environment()}
    piped = subprocess.run(command, capture_output=True, **options)  # type: ignore[call-overload]
    assert piped.stdout == text, piped.stderr

    master, slave = pty.openpty()
    process = subprocess.Popen(command, stdout=slave, **options)  # type: ignore[call-overload]
    os.close(slave)
    shown = b""
    try:
        while chunk := os.read(master, 65536):
            shown += chunk
    except OSError:  # the other end has gone
        pass
    os.close(master)
    assert process.wait() == 0
    assert b"\x1b[31m, latin" not in shown and b"\x1b[32m" in shown
    assert len(shown.splitlines()) == len(text.split(b"\n")) - 1
