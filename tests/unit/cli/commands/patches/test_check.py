"""``ksimage patches check`` on the hooks of a small clone and of images."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from tests.support import derived
from tests.support.images import Recipe, layout
from tests.unit.cli.conftest import BROKEN, Run
from tests.unit.cli.own_patches import series

from ksimage.errors import CloneUnusable
from ksimage.hook import pristine

EXCLUDING = "X-Ksimage-Releases: >=3.1\n"


def table(text: str) -> dict[str, dict[str, str]]:
    """release -> column -> cell."""
    header, *rows = (line.split() for line in text.splitlines())
    return {row[0]: dict(zip(header[1:], row[1:], strict=True)) for row in rows}


class TestClone:
    def test_one_release(self, run: Run, clone: Path) -> None:
        found = run("patches", "check", "--release", "3.3.2", "--clone", str(clone)).ok()
        ((release, cells),) = table(found.stdout).items()
        assert release == "v3.3.2"
        assert list(cells)[-1] == "series"
        assert cells["unquiet"] == "-190"  # the miniature is shorter than upstream's
        assert "unquiet: 1 of 1 distinct hooks" in found.stderr
        assert "warning: v3.3.2: the hook is not what upstream shipped" in found.stderr

    def test_offsets_exclusions_refusals(self, run: Run, clone: Path) -> None:
        wanted = ("v3.3.2", "v3.0.0", "v3.4.1", "v2.1.1")
        arguments = [word for release in wanted for word in ("--release", release)]
        found = run("patches", "check", "--clone", str(clone), *arguments)
        assert found.code == 5
        rows = table(found.stdout)
        assert list(rows) == list(wanted)
        assert rows["v3.3.2"]["poll-interval"] == "-132"
        assert rows["v3.0.0"]["poll-interval"] == "-"
        assert rows["v3.4.1"]["unquiet"] == "REFUSED"
        assert rows["v3.4.1"]["labelled-output"] == "-32"
        assert rows["v3.4.1"]["series"] == "REFUSED"
        assert set(rows["v2.1.1"].values()) == {"unsupported"}
        assert "v3.4.1: unquiet: " in found.stderr
        assert "patches do not apply to 1 of 4 releases: v3.4.1" in found.stderr
        assert "v2.1.1: its hook is a Python 2 script" in found.stderr
        # the same hook under two names counts once; what is excluded does not count
        assert "unquiet: 1 of 2 distinct hooks" in found.stderr

    def test_json(self, run: Run, clone: Path) -> None:
        wanted = ("--release", "v3.0.0", "--release", "v3.4.1")
        found = run("--output", "json", "patches", "check", "--clone", str(clone), *wanted)
        assert found.code == 5
        document = found.document  # one document, not a second one with the error
        assert document["schema"] == "ksimage/v1"
        assert document["good"] is False
        first, second = document["releases"]
        cells = {cell["patch"]: cell for cell in first["patches"]}
        assert cells["unquiet"] == {"patch": "unquiet", "status": "offset", "offset": -190}
        assert cells["poll-interval"]["status"] == "excluded"
        assert first["patched_sha256"] and second["patched_sha256"] is None
        refused = second["patches"][0]
        assert (refused["status"], refused["kind"]) == ("refused", "patch-conflict")

    def test_all(self, run: Run, clone: Path) -> None:
        found = run("patches", "check", "--all", "--clone", str(clone))
        assert found.code == 5
        assert list(table(found.stdout)) == ["v2.1.1", "v3.0.0", "v3.3.2", "v3.4.1"]
        for missing in ("v3.4.0", "v3.2.1", "master"):
            assert f"warning: {missing}: {clone} gives no hook of {missing}" in found.stderr

    def test_all_and_release(self, run: Run, clone: Path) -> None:
        found = run("patches", "check", "--all", "--release", "v3.3.2", "--clone", str(clone))
        assert found.code == 2

    def test_the_clone_is_named_by_a_variable_too(
        self, run: Run, clone: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("KS_INSTALLER_REPO", str(clone))
        assert list(table(run("patches", "check", "--release", "v3.3.2").ok().stdout)) == ["v3.3.2"]

    def test_releases_of_the_settings_file(self, run: Run, clone: Path, tmp_path: Path) -> None:
        (tmp_path / "ksimage.yaml").write_text("releases: [v3.0.0, v3.3.2]\n")
        found = run("patches", "check", "--clone", str(clone)).ok()
        assert list(table(found.stdout)) == ["v3.0.0", "v3.3.2"]

    def test_own_series(self, run: Run, clone: Path, tmp_path: Path) -> None:
        series(tmp_path / "mine", "chatty", more=EXCLUDING)
        wanted = ("--release", "v3.0.0", "--release", "v3.3.2", "--clone", str(clone))
        rows = table(run("patches", "check", "--patch-dir", "mine", *wanted).ok().stdout)
        assert rows["v3.3.2"]["chatty"] == "ok"
        assert rows["v3.0.0"]["chatty"] == "-"
        assert rows["v3.3.2"]["unquiet"] == "-190"

    def test_own_series_alone_leaves_the_hook_quiet(
        self, run: Run, clone: Path, tmp_path: Path
    ) -> None:
        series(tmp_path / "mine", "chatty")
        mine = ("--patch-dir", "mine", "--patch-mode", "replace")
        found = run("patches", "check", *mine, "--release", "v3.3.2", "--clone", str(clone))
        assert found.code == 5
        assert table(found.stdout) == {"v3.3.2": {"chatty": "ok", "series": "REFUSED"}}
        assert "v3.3.2: the series: " in found.stderr
        assert "quiet" in found.stderr

    def test_nothing_named(self, run: Run) -> None:
        found = run("patches", "check")
        assert found.code == 2
        assert "no release was named" in found.stderr
        assert "--all" in found.stderr

    @pytest.mark.parametrize("name", ["v9.9.9", "v3.3"])
    def test_unknown_release(self, run: Run, clone: Path, name: str) -> None:
        found = run("patches", "check", "--release", name, "--clone", str(clone))
        assert found.code == 4
        assert f"unknown release '{name}'" in found.stderr

    def test_known_but_not_in_the_clone(self, run: Run, clone: Path) -> None:
        found = run("patches", "check", "--release", "v3.2.1", "--clone", str(clone))
        assert found.code == 4
        assert f"{clone} gives no hook of v3.2.1" in found.stderr
        assert "with all its tags" in found.stderr

    def test_no_clone_says_so_once(self, run: Run, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        found = run("patches", "check", "--all", "--clone", "empty")
        assert found.code == 4
        assert "not a git repository" in found.stderr
        assert found.stderr.count("gives no hook") == 1
        missing = run("patches", "check", "--all", "--clone", "nowhere")
        assert missing.code == 4
        assert "nowhere" in missing.stderr


class TestImage:
    def test_hook_of_an_image(self, run: Run, base: str) -> None:
        found = run("patches", "check", "--release", "v3.3.2", "--from", base).ok()
        assert table(found.stdout)["v3.3.2"]["unquiet"] == "-190"

    def test_one_of_several_is_missing(self, run: Run, tmp_path: Path) -> None:
        folder = tmp_path / "images"
        for release in ("v3.3.2", "v3.4.0"):
            layout(folder, Recipe(release, derived.HOOK), ref=release)
        layout(folder, Recipe("v3.4.1", variant="no-hook"), ref="v3.4.1")
        wanted = ("v3.3.2", "v3.3.1", "v3.4.0", "v3.4.1")
        arguments = [word for release in wanted for word in ("--release", release)]
        found = run("patches", "check", "--from", f"oci:{folder}", *arguments).ok()
        assert list(table(found.stdout)) == ["v3.3.2", "v3.4.0"]
        assert "warning: v3.3.1: " in found.stderr
        assert "holds no usable /hooks/kubesphere/installRunner.py" in found.stderr

    def test_every_release_of_an_image_source(self, run: Run, tmp_path: Path) -> None:
        """Those that are not supported are passed over, not the end of the run."""
        layout(tmp_path / "image", Recipe(hook=b"#!/usr/bin/env python3\nprint()\n"))
        found = run("patches", "check", "--all", "--from", f"oci:{tmp_path / 'image'}").ok()
        rows = table(found.stdout)
        assert len(rows) == 48
        assert "warning: v2.1.0: release v2.1.0 is not supported" in found.stderr

    def test_unsupported_alone(self, run: Run, base: str) -> None:
        found = run("patches", "check", "--release", "v2.1.0", "--from", base)
        assert found.code == 4
        assert "not supported" in found.stderr


class TestHooksFromClone:
    def test_tag_and_branches(self, clone: Path) -> None:
        assert pristine.from_clone(clone, "v3.3.2") == derived.HOOK
        assert pristine.from_clone(clone, "v2.1.1").startswith(b"#!/usr/bin/env python\n")
        command = ["git", "-C", str(clone), "update-ref"]
        for release in ("v3.3.2", "v3.2.0"):
            subprocess.run([*command, f"refs/heads/{release}", "refs/tags/v3.4.1"], check=True)
        try:
            assert pristine.from_clone(clone, "v3.2.0") == BROKEN
            assert pristine.from_clone(clone, "v3.3.2") == derived.HOOK, "a tag wins over a branch"
        finally:
            for release in ("v3.3.2", "v3.2.0"):
                subprocess.run([*command, "-d", f"refs/heads/{release}"], check=True)

    def test_of_a_git_hook(
        self, clone: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """git sets these for its hooks; they are about another repository."""
        subprocess.run(["git", "init", "-q", str(tmp_path / "other")], check=True)
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "other" / ".git"))
        assert pristine.from_clone(clone, "v3.3.2") == derived.HOOK

    def test_first_reason_is_told(self, clone: Path) -> None:
        with pytest.raises(CloneUnusable) as caught:
            pristine.from_clone(clone, "v3.4.0")
        assert "controller/installRunner.py" in caught.value.why
        assert "refs/tags/v3.4.0" in caught.value.why

    def test_too_large(self, tmp_path: Path) -> None:
        path = tmp_path / "large"
        (path / "controller").mkdir(parents=True)
        (path / "controller" / "installRunner.py").write_bytes(b"#" * ((4 << 20) + 1))
        identity = ("-c", "user.name=a", "-c", "user.email=a@b.example")
        for words in (("init", "-q"), ("add", "."), (*identity, "commit", "-qm", "x"),
                      ("tag", "v3.3.2")):  # fmt: skip
            subprocess.run(["git", *words], cwd=path, check=True, capture_output=True)
        with pytest.raises(CloneUnusable, match=r"v3\.3\.2") as caught:
            pristine.from_clone(path, "v3.3.2")
        assert "4194305 bytes" in caught.value.why

    def test_without_git(self, clone: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/nowhere")
        with pytest.raises(CloneUnusable) as caught:
            pristine.from_clone(clone, "v3.3.2")
        assert "git" in caught.value.why
