"""``ksimage patches`` and the ConfigMap on upstream's hooks: KS_INSTALLER_REPO=DIR, a clone."""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path

import pytest
import yaml
from tests.support import requires
from tests.support.images import Recipe, layout
from tests.support.program import Finished, ksimage

from ksimage import resources
from ksimage.hook import pristine
from ksimage.upstream import releases

CHECK = ("patches", "check", "--all")


@pytest.fixture(scope="module")
def clone() -> Path:
    requires.program("git")
    return Path(requires.variable("KS_INSTALLER_REPO", "a clone of kubesphere/ks-installer"))


@pytest.fixture(scope="module")
def checked(clone: Path, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = tmp_path_factory.mktemp("check")
    return ksimage(*CHECK, "--clone", str(clone), "--output", "json", cwd=folder)


def test_every_default_patch_on_every_hook(checked: Finished) -> None:
    """37 of 37, and 36 for poll-interval: v3.0 sleeps already."""
    document = checked.ok().document
    assert document["good"] is True
    rows = {row["release"]: row for row in document["releases"]}
    assert list(rows) == [release.tag for release in releases.all_releases()]
    assert all(row["pristine"] for row in rows.values())
    distinct = {
        row["hook_sha256"]: row for row in rows.values() if row["series"]["status"] != "unsupported"
    }
    assert len(distinct) == 37
    names = [cell["patch"] for cell in rows["v3.3.2"]["patches"]]
    for number, name in enumerate(names):
        cells = [row["patches"][number]["status"] for row in distinct.values()]
        good = cells.count("applies") + cells.count("offset")
        assert good == (36 if name == "poll-interval" else 37), name
        assert good + cells.count("excluded") == 37
    assert all(row["patched_sha256"] for row in distinct.values())


def test_what_is_not_supported_is_said(checked: Finished) -> None:
    rows = {row["release"]: row["series"] for row in checked.document["releases"]}
    unsupported = {tag for tag, row in rows.items() if row["status"] == "unsupported"}
    assert unsupported == {r.tag for r in releases.all_releases() if not r.supported}
    assert "Python 2" in rows["v2.1.1"]["reason"]


def test_table(clone: Path, tmp_path: Path) -> None:
    wanted = ("--release", "v3.0.0", "--release", "v3.3.2")
    found = ksimage(
        "patches", "check", *wanted, cwd=tmp_path, env={"KS_INSTALLER_REPO": str(clone)}
    ).ok()
    header, old, new = (line.split() for line in found.stdout.splitlines())
    assert dict(zip(header, old, strict=True))["poll-interval"] == "-"
    assert dict(zip(header, old, strict=True))["unquiet"] == "-92"
    assert set(new[1:]) == {"ok"}
    assert "unquiet: 2 of 2 distinct hooks" in found.stderr
    assert "warning" not in found.stderr


def test_refresh_against_an_old_release(clone: Path, tmp_path: Path) -> None:
    """The shipped patch has an offset on v3.0.0; refreshed it has none, and does the same."""
    path = tmp_path / "unquiet.patch"
    path.write_bytes((resources.path("patches") / "unquiet.patch").read_bytes())
    arguments = ("refresh", "unquiet.patch", "--release", "v3.0.0", "--clone", str(clone))
    found = ksimage("patches", *arguments, cwd=tmp_path).ok()
    assert "it was off by -92 lines" in found.stderr
    again = ksimage("patches", *arguments, cwd=tmp_path).ok()
    assert "fits as it is" in again.stderr


def test_new_is_a_series_of_its_own_that_builds(clone: Path, tmp_path: Path) -> None:
    """The way of docs/patches.md: edit, list, check, build."""
    (tmp_path / "edit.py").write_text(
        "import sys, pathlib\n"
        "path = pathlib.Path(sys.argv[1])\n"
        "text = path.read_text()\n"
        "assert 'ansible_runner' in text\n"
        "path.write_text(text.replace('import sys\\n', 'import sys  # mine\\n', 1))\n"
    )
    new = ("new", "mine", "--release", "v3.4.1", "--clone", str(clone), "--dir", "own")
    env: dict[str, str | None] = {"EDITOR": f"'{sys.executable}' edit.py"}
    ksimage("patches", *new, cwd=tmp_path, env=env).ok()
    own = ("--patch-dir", "own")
    listed = ksimage("patches", "list", *own, cwd=tmp_path).ok().stdout
    assert re.search(r"^mine +on +==3\.4\.1 ", listed, re.MULTILINE)
    ksimage("patches", "check", "--release", "v3.4.1", "--clone", str(clone), *own,
            cwd=tmp_path).ok()  # fmt: skip
    layout(tmp_path / "base", Recipe("v3.4.1", pristine.from_clone(clone, "v3.4.1")), ref="v3.4.1")
    built = ksimage(
        "build", "v3.4.1", "--from", "oci:base", "--to", "oci:out", *own, cwd=tmp_path
    ).ok()
    assert ", mine" in built.stderr


def test_git_of_a_git_hook(clone: Path, tmp_path: Path) -> None:
    env: dict[str, str | None] = {"GIT_DIR": str(tmp_path), "GIT_WORK_TREE": str(tmp_path)}
    arguments = ("--release", "v3.3.2", "--clone", str(clone))
    ksimage("patches", "check", *arguments, cwd=tmp_path, env=env).ok()


@pytest.mark.parametrize("tag", ["v3.0.0", "v3.1.1", "v3.2.1", "v3.3.2", "v3.4.1"])
def test_configmap_of_a_real_hook(clone: Path, tmp_path: Path, tag: str) -> None:
    """It is a block that people can read: upstream's hooks hold trailing blanks and tabs."""
    hook = pristine.from_clone(clone, tag)
    assert hashlib.sha256(hook).hexdigest() == releases.find(tag).sha256
    layout(tmp_path / "base", Recipe(tag, hook), ref=tag)
    ksimage("render", tag, "--as", "configmap", "-o", "hook", "--from", "oci:base",
            cwd=tmp_path).ok()  # fmt: skip
    ksimage("render", tag, "-o", "context", "--from", "oci:base", cwd=tmp_path).ok()
    text = (tmp_path / "hook" / "configmap.yaml").read_text()
    (file,) = (path for path in (tmp_path / "context").rglob("*.py"))
    patched = file.read_text()
    assert yaml.safe_load(text)["data"]["installRunner.py"] == patched
    shown = text.partition("installRunner.py: |2\n")[2]
    expected = "".join(f"    {line}\n" if line else "\n" for line in patched[:-1].split("\n"))
    assert shown == expected
    assert file.stat().st_mode & 0o777 == 0o755
