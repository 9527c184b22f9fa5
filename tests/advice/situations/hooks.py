"""Patches that fit, fit not, or make something of the hook that must not be."""

from __future__ import annotations

from pathlib import Path

from tests.advice.situation import BUILD, Words, image, own, situation, stocked
from tests.support import derived
from tests.unit.cli.own_patches import CHATTY, HOOK, patch

OWN = (*BUILD, "--patch", "own.patch")
INSTEAD = ("--patch-dir", "mine")


def patched(folder: Path) -> bytes:
    """The hook as the shipped series makes it, of ``oci:image``."""
    with derived.planned("oci:image") as plan:
        return plan.platforms[0].patched.after


def on_top(folder: Path, before: bytes, after: bytes) -> None:
    """``own.patch``, from this text of the patched hook to that one."""
    image(folder)
    whole = patched(folder)
    assert before in whole
    own(folder, whole, whole.replace(before, after, 1))


@situation("base-patched", places={"LOCATION": "oci:image"})
def result_as_base(folder: Path) -> Words:
    image(folder)
    with derived.planned("oci:image") as plan:
        derived.publish_plan(plan, "oci:done:v3.3.2-debug")
    return ("build", "oci:done:v3.3.2-debug", "--to", "oci:out")


@situation("base-patched", registry=True)
def result_as_base_in_a_registry(folder: Path) -> Words:
    project = stocked(folder)
    with derived.planned(project) as plan:
        derived.publish_plan(plan, f"{project}/ks-installer:v3.3.2-debug")
    return ("build", f"{project}/ks-installer:v3.3.2-debug", "--to", "oci:out")


@situation("hook-broken")
def no_python(folder: Path) -> Words:
    on_top(folder, b"import sys\n", b"import sys)\n")
    return OWN


@situation("hook-unproven", "write it plainly")
def runner_by_another_name(folder: Path) -> Words:
    on_top(folder, b"import sys\n", b"import sys\nfrom ansible_runner import run\n")
    return OWN


@situation("hook-without-verbosity", "is not made: do not leave it out")
def without_verbosity(folder: Path) -> Words:
    image(folder)
    return (*BUILD, "--without", "verbosity", "--without", "labelled-output")


@situation("patch-already-applied")
def applied_already(folder: Path) -> Words:
    image(folder)
    own(folder, HOOK.replace(b"quiet=True", b"quiet=NO"), HOOK)
    whole = patched(folder)
    before = whole.replace(b"import sys\n", b"import os\n", 1)
    own(folder, before, whole)
    return OWN


def mended(folder: Path) -> None:
    own(folder, HOOK, CHATTY)


@situation("patch-conflict", edit=mended)
def fits_nowhere(folder: Path) -> Words:
    image(folder)
    own(folder, HOOK.replace(b"level=logging.INFO", b"level=NO"), CHATTY)
    return OWN


@situation("patch-line-endings", "make the patch from the very file")
def of_another_system(folder: Path) -> Words:
    image(folder)
    windows = HOOK.replace(b"\n", b"\r\n")
    own(folder, windows, windows.replace(b"level=logging.INFO", b"level=logging.DEBUG"))
    return OWN


@situation("patch-ambiguous", "give the hunk another line of context")
def fits_twice(folder: Path) -> Words:
    image(folder)
    (folder / "mine").mkdir()
    (folder / "mine" / "series").write_text("")
    head = b"Description: x\nAuthor: a\n---\n--- a/hooks/kubesphere/installRunner.py\n"
    head += b"+++ b/hooks/kubesphere/installRunner.py\n"
    (folder / "own.patch").write_bytes(
        head + b"@@ -2,3 +2,4 @@\n         quiet=True\n+#\n     )\n \n"
    )
    return (*OWN, "--patch-dir", "mine", "--patch-mode", "replace")


@situation("patch-forbidden")
def another_file(folder: Path) -> Words:
    image(folder)
    data = patch("own").replace(b"installRunner.py", b"other.py")
    (folder / "own.patch").write_bytes(data)
    return OWN


@situation("patch-malformed")
def wrong_counts(folder: Path) -> Words:
    image(folder)
    data = patch("own")
    at = data.index(b"@@ -")
    end = data.index(b"\n", at)
    (folder / "own.patch").write_bytes(data[:at] + b"@@ -1,70 +1,70 @@" + data[end:])
    return OWN


@situation("patch-malformed")
def no_patch_at_all(folder: Path) -> Words:
    image(folder)
    (folder / "own.patch").write_text("hello\n")
    return OWN


@situation("patch-without-effect")
def nothing_chosen(folder: Path) -> Words:
    image(folder)
    (folder / "mine").mkdir()
    (folder / "mine" / "series").write_text("")
    return (*BUILD, *INSTEAD, "--patch-mode", "replace")


@situation("series-malformed")
def no_series(folder: Path) -> Words:
    (folder / "mine").mkdir()
    (folder / "mine" / "series").write_text("a b c\n")
    return ("patches", "list", *INSTEAD)


@situation("series-malformed")
def strange_option(folder: Path) -> Words:
    (folder / "mine").mkdir()
    (folder / "mine" / "series").write_text("../a.patch -p1\n")
    return ("patches", "list", *INSTEAD)
