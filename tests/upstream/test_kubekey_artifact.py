"""kk's own functions pack, unpack and read what we read and write.

Cut out of kk's source and built with stubs; needs Go and ``KUBEKEY_REPO``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.support import kubekey, requires
from tests.support.derived import planned, publish_plan
from tests.upstream.test_kubekey import function, package

from ksimage.locations.kubekey.folder import undo
from ksimage.locations.kubekey.images import parse_name

RELEASES = ("v2.1.0", "v3.0.13", "v3.1.12")

MAIN = """
package main

import (
	"archive/tar"
	"compress/gzip"
	"crypto/md5"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

type wrapped struct{}

var errors wrapped

func (wrapped) Errorf(f string, a ...interface{}) error { return fmt.Errorf(f, a...) }

func main() {
	out := os.Stdout
	os.Stdout = os.Stderr // kk prints every file's name
	var err error
	switch os.Args[1] {
	case "tar":
		err = Tar(os.Args[2], os.Args[3], os.Args[2])
	case "untar":
		err = Untar(os.Args[2], os.Args[3])
	case "md5":
		var sum string
		sum, err = FileMD5(os.Args[2])
		fmt.Fprint(out, sum)
	case "refs":
		var data []byte
		if data, err = os.ReadFile(os.Args[2]); err == nil {
			index := NewIndex()
			err = json.Unmarshal(data, index)
			for _, m := range index.Manifests {
				fmt.Fprintln(out, READ(m.Annotations.RefName))
			}
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
"""

SHORT = """
func READ(ref string) string {
	parts := strings.Split(ref, ":") // as CopyImagesToRegistry does
	if len(parts) != 3 {
		return "invalid"
	}
	return parts[0] + " " + parts[1] + " " + parts[2]
}
"""

FULL = """
func READ(ref string) string {
	_, namespace, name, tag, err := parseImageFullName(ref)
	if err != nil {
		return "invalid"
	}
	return namespace + " " + name + " " + tag
}
"""


@pytest.fixture(scope="module", params=RELEASES)
def kk(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A release, and a program of its functions."""
    requires.variable("KUBEKEY_REPO", "a clone of kubesphere/kubekey")
    go = requires.program("go")
    tag = str(request.param)
    folder = tmp_path_factory.mktemp(tag)
    files = package(tag, "core/util/file.go")
    wanted = ("IsExist", "CreateDir", "IsDir", "FileMD5", "Tar", "Untar")
    parts = [function(files, name) for name in wanted]
    copy = package(tag, "images/copy.go")
    parts.append(copy[copy.index("type Index struct") :].partition("\nfunc NewIndex")[0])
    parts.append(function(copy, "NewIndex"))
    if tag == "v3.1.12":
        utils = package(tag, "images/utils.go")
        parts += [
            function(utils, name)
            for name in ("validateImageName", "parseImageFullName", "concatImageName")
        ]
    parts.append(FULL if tag == "v3.1.12" else SHORT)
    (folder / "main.go").write_text("\n".join((MAIN, *parts)))
    (folder / "go.mod").write_text("module example.org/kk\n")
    environment = {**os.environ, "GOFLAGS": "-mod=mod", "GOPROXY": "off"}
    command = [go, "build", "-o", "kk", "."]
    made = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    return tag, str(folder / "kk")


def run(program: str, *arguments: object) -> str:
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refs(program: str, folder: Path) -> list[str]:
    return run(program, "refs", folder / "images" / "index.json").splitlines()


@pytest.fixture
def folder(kk: tuple[str, str], tmp_path: Path) -> Path:
    return kubekey.folder(tmp_path / "kubekey", full_names=kk[0] == "v3.1.12")


def test_kk_reads_what_we_write_into_its_folder(kk: tuple[str, str], folder: Path) -> None:
    before = refs(kk[1], folder)
    with planned(f"kubekey:{folder}") as plan:
        publish_plan(plan, f"kubekey:{folder}:v3.3.2", overwrite=True)
        publish_plan(plan, f"kubekey:{folder}:v3.3.2-debug")
    after = refs(kk[1], folder)
    assert "invalid" not in after
    assert after[: len(before)] == before
    assert set(after) - set(before) == {
        f"kubesphereio ks-installer v3.3.2-{kind}-{architecture}"
        for kind in ("orig", "debug")
        for architecture in kubekey.PLATFORMS
    }
    for text, name in zip(after, kubekey.names(folder), strict=True):
        found = parse_name(name)
        assert found is not None
        assert text.split()[0] == found.group.namespace


def test_its_artifact(kk: tuple[str, str], folder: Path, tmp_path: Path) -> None:
    """kk packs, we patch, kk unpacks: the same files but for the index, and what is new."""
    _, program = kk
    (folder / "artifact.md5").unlink()
    artifact = tmp_path / "artifact.tar.gz"
    run(program, "tar", folder, artifact)
    with planned(f"kubekey:{artifact}") as plan:
        publish_plan(plan, f"kubekey:{artifact}:v3.3.2", overwrite=True)
    unpacked = tmp_path / "unpacked"
    run(program, "untar", artifact, unpacked)
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "index.json":
            assert (unpacked / path.relative_to(folder)).read_bytes() == path.read_bytes()
    assert "invalid" not in refs(program, unpacked)
    assert len(refs(program, unpacked)) == len(refs(program, folder)) + 2


def test_its_md5_still_holds(kk: tuple[str, str], folder: Path, tmp_path: Path) -> None:
    _, program = kk
    artifact = tmp_path / "artifact.tar.gz"
    run(program, "tar", folder, artifact)
    noted = run(program, "md5", artifact)
    (folder / "artifact.md5").write_text(noted)
    with planned(f"kubekey:{folder}") as plan:
        publish_plan(plan, f"kubekey:{folder}:v3.3.2", overwrite=True)
    assert (folder / "artifact.md5").read_text() == run(program, "md5", artifact)


def test_why_to_undo_before_another_artifact(
    kk: tuple[str, str], folder: Path, tmp_path: Path
) -> None:
    """kk does not truncate what it unpacks over."""
    _, program = kk
    original: dict[str, Any] = json.loads((folder / "images" / "index.json").read_text())
    artifact = tmp_path / "artifact.tar.gz"
    run(program, "tar", folder, artifact)
    patched = tmp_path / "patched"
    shutil.copytree(folder, patched)
    with planned(f"kubekey:{patched}") as plan:
        publish_plan(plan, f"kubekey:{patched}:v3.3.2", overwrite=True)
    undone = tmp_path / "undone"
    shutil.copytree(patched, undone)
    run(program, "untar", artifact, patched)
    with pytest.raises(json.JSONDecodeError):
        json.loads((patched / "images" / "index.json").read_text())
    undo(undone)
    run(program, "untar", artifact, undone)
    assert json.loads((undone / "images" / "index.json").read_text()) == original
