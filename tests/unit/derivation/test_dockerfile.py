"""The Dockerfile: whatever a label holds, it stays that label's value."""

from __future__ import annotations

import io
import json
import re
import subprocess
import tarfile
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import requires

import ksimage
from ksimage.derivation.dockerfile import context_tar, quoted, render
from ksimage.derivation.recipe import Recipe
from ksimage.errors import UsageError
from ksimage.images.layer import LayerFile

DIGEST = "sha256:" + "0123456789abcdef" * 4
RECIPE = Recipe(
    LayerFile(
        "hooks/kubesphere/installRunner.py", b"#!/bin/sh\n", 0o755, 1002, 1003, 1_666_253_742
    ),
    folders=(),
    env={"KS_INSTALLER_VERBOSITY": "5", "PYTHONUNBUFFERED": "1"},
    labels={"io.ksimage.release": "v3.3.2", "io.ksimage.patches": "unquiet@sha256:ab c@sha256:cd"},
    annotations={},
    settings={},
    created="2022-10-20T08:15:42Z",
    created_by="ksimage",
)
NASTY = [
    "",
    " ",
    "plain",
    'quo"te',
    "back\\slash",
    "ends with \\",
    '\\"',
    "$HOME ${PATH} $$ \\$x",
    "'single'",
    "# no comment",
    "a=b c=d",
    "trailing space ",
    "tick ` `id` $(id)",
    "<<EOF",
    "ü \N{GRINNING FACE}",
    "\u2028RUN id",
    "\u0085RUN id",
    "\u2029x\u00a0y",
    "%s {{ x }} {% x %}",
]


def rendered(recipe: Recipe = RECIPE, **fields: str) -> str:
    given_ = {"base": f"harbor.lan/a@{DIGEST}", "release": "v3.3.2", "platform": "linux/amd64"}
    return render(recipe, **{**given_, **fields})


def instructions(text: str) -> list[str]:
    """The way of moby's parser: lines at LF, comments out, a backslash at the end continues."""
    found, pending = [], ""
    for line in text.split("\n"):
        if re.match(r"\s*#", line) or (not line.strip() and not pending):
            continue
        pending += re.sub(r"\\[ \t]*$", "", line)
        if not re.search(r"\\[ \t]*$", line):
            found.append(pending.strip())
            pending = ""
    assert not pending, "the last line continues"
    return found


def words(text: str) -> list[str]:
    """Words as moby's shell lexer makes them; an expansion is a failure."""
    found: list[str] = []
    word, quote, at, began = "", "", 0, False
    while at < len(text):
        sign = text[at]
        if sign == "\\" and quote != "'":
            after = text[at + 1]
            if quote and after not in '"$\\':
                word += sign
            word += after
            at += 1
        elif sign in "\"'" and quote in ("", sign):
            quote, began = ("" if quote else sign), True
        elif sign == "$":
            pytest.fail(f"{text} expands a variable")
        elif sign in " \t" and not quote:
            if word or began:
                found.append(word)
            word, began = "", False
        else:
            word, began = word + sign, True
        at += 1
    assert not quote, "an open quote"
    return [*found, word] if word or began else found


def pairs(instruction: str) -> dict[str, str]:
    return dict(word.partition("=")[::2] for word in words(instruction)[1:])


def test_text() -> None:
    assert rendered() == (
        f"# Made by ksimage {ksimage.__version__}. Release v3.3.2, linux/amd64.\n"
        f"FROM harbor.lan/a@{DIGEST}\n"
        "COPY --chown=1002:1003 installRunner.py /hooks/kubesphere/installRunner.py\n"
        'ENV KS_INSTALLER_VERBOSITY="5" PYTHONUNBUFFERED="1"\n'
        'LABEL "io.ksimage.release"="v3.3.2" \\\n'
        '      "io.ksimage.patches"="unquiet@sha256:ab c@sha256:cd"\n'
    )


@pytest.mark.parametrize("value", NASTY)
def test_nasty_labels(value: str) -> None:
    labels = {"first": value, f"k{value}".replace("=", ""): "x", "last": value}
    found = instructions(rendered(RECIPE._replace(labels=labels)))
    assert [line.split()[0] for line in found] == ["FROM", "COPY", "ENV", "LABEL"]
    assert pairs(found[-1]) == labels


@given(
    st.dictionaries(
        st.text(min_size=1, max_size=12).filter(lambda key: "=" not in key),
        st.text(max_size=60),
        min_size=1,
        max_size=5,
    )
)
def test_labels_survive_or_are_refused(labels: dict[str, str]) -> None:
    try:
        text = rendered(RECIPE._replace(labels=labels))
    except UsageError:
        assert re.search(r"[\x00-\x1f\x7f]", "".join([*labels, *labels.values()]))
        return
    found = instructions(text)
    assert [line.split(" ")[0] for line in found] == ["FROM", "COPY", "ENV", "LABEL"]
    assert pairs(found[-1]) == labels


@pytest.mark.parametrize("value", ["a\nRUN id", "a\rb", "\x00", "\x1b[31m", "\x7f", "a\n", "\x0b"])
def test_control_characters_are_refused(value: str) -> None:
    with pytest.raises(UsageError):
        quoted(value)
    for field in ("base", "release", "platform"):
        with pytest.raises(UsageError):
            rendered(**cast("dict[str, Any]", {field: value}))


def test_context_is_exactly_two_files() -> None:
    tar = context_tar(RECIPE, "FROM scratch\n")
    with tarfile.open(fileobj=io.BytesIO(tar)) as archive:
        found = {
            member.name: (member.mode, member.mtime, archive.extractfile(member).read())  # type: ignore[union-attr]
            for member in archive.getmembers()
        }
    assert found == {
        "Dockerfile": (0o644, RECIPE.file.mtime, b"FROM scratch\n"),
        "installRunner.py": (0o755, RECIPE.file.mtime, RECIPE.file.data),
    }
    assert context_tar(RECIPE, "FROM scratch\n") == tar


def test_buildah_reads_the_labels_as_they_were(tmp_path: Path) -> None:
    """A real parser of Dockerfiles; nothing is run, and FROM scratch needs no image."""
    buildah = requires.program("buildah")
    requires.root()
    labels = {f"key{number}": value for number, value in enumerate(NASTY)}
    text = rendered(RECIPE._replace(labels=labels), base="scratch")
    (tmp_path / "Dockerfile").write_text(text)
    (tmp_path / "installRunner.py").write_bytes(RECIPE.file.data)
    store = [
        buildah, "--root", str(tmp_path / "root"), "--runroot", str(tmp_path / "run"),
        "--storage-driver", "vfs",
    ]  # fmt: skip
    command = [*store, "build", "--isolation", "chroot", "-t", "quoting", str(tmp_path)]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    seen = subprocess.run(
        [*store, "inspect", "--type", "image", "quoting"], capture_output=True, check=True
    )
    config = json.loads(seen.stdout)["OCIv1"]["config"]
    assert {key: config["Labels"].get(key) for key in labels} == labels
    assert "KS_INSTALLER_VERBOSITY=5" in config["Env"]
