"""Shell completion, as a shell asks for it."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.support.images import Recipe, layout
from tests.support.program import ksimage


class TestCompletion:
    def complete(self, tmp_path: Path, *words: str) -> list[str]:
        env = {
            "_KSIMAGE_COMPLETE": "bash_complete",
            "COMP_WORDS": " ".join(("ksimage", *words)),
            "COMP_CWORD": str(len(words)),
        }
        code = "import sys; sys.argv[0] = 'ksimage'; from ksimage.cli import main; main()"
        finished = ksimage(cwd=tmp_path, env=env, command=(sys.executable, "-c", code)).ok()
        assert finished.stderr == ""
        return [line.partition(",")[2] for line in finished.stdout.splitlines() if line]

    def test_commands_releases_and_patches(self, tmp_path: Path) -> None:
        assert self.complete(tmp_path, "bui") == ["build"]
        releases = self.complete(tmp_path, "build", "v3.3.")
        assert {"v3.3.0", "v3.3.1", "v3.3.2"} <= set(releases)
        assert releases.index("v3.3.2") < releases.index("v3.3.0"), "the newest first"
        assert "unquiet" in self.complete(tmp_path, "build", "v3.3.2", "--without", "un")

    def test_locations_and_platforms(self, tmp_path: Path) -> None:
        (tmp_path / "ksimage.yaml").write_text("source: harbor.lan/kubesphereio\n")
        (tmp_path / "images").mkdir()
        (tmp_path / "image.tar").write_bytes(b"")
        for words in (("build", "v3.3.2", "--from"), ("verify",), ("inspect",), ("push",)):
            found = self.complete(tmp_path, *words, "")
            assert {"harbor.lan/kubesphereio", "docker-daemon:", "oci:"} <= set(found), words
        assert self.complete(tmp_path, "verify", "oci:im") == ["oci:image.tar", "oci:images/"]
        assert self.complete(tmp_path, "verify", "docker-daemon:") == [], "no engine, no word"
        assert self.complete(tmp_path, "build", "--platform", "arm") == ["linux/arm64"]

    def test_releases_that_the_source_holds(self, tmp_path: Path) -> None:
        for release in ("v3.3.2", "v3.1.0"):
            name = f"kubesphereio:ks-installer:{release}-amd64"
            layout(tmp_path / "images", Recipe(labels={"of": release}), ref=name)
        found = self.complete(tmp_path, "build", "--from", "oci:images", "v3.")
        assert found == ["v3.3.2", "v3.1.0"]

    def test_script(self, tmp_path: Path) -> None:
        code = "import sys; sys.argv[0] = 'ksimage'; from ksimage.cli import main; main()"
        env = {"_KSIMAGE_COMPLETE": "zsh_source"}
        finished = ksimage(cwd=tmp_path, env=env, command=(sys.executable, "-c", code)).ok()
        assert "compdef" in finished.stdout
