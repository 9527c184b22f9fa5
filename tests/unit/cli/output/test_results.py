"""What a build says and leaves behind: its lines, the summary's cells, the two files."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest
from tests.support import derived
from tests.support.documents import read
from tests.unit.cli.conftest import Run

from ksimage.build.make import make
from ksimage.build.outcome import Built, Ending, ReleaseOutcome
from ksimage.cli.output import results
from ksimage.cli.output.documents.builds import builds_document
from ksimage.cli.output.lines import aligned
from ksimage.cli.output.results import next_steps
from ksimage.cli.output.terminal import Terminal
from ksimage.errors import CannotWrite, NotFound
from ksimage.locations import spec


def built(folder: Path, base: str, *, overwrite: bool = False, **fields: Any) -> Built:
    with derived.planned(base, **fields) as plan:
        return make(plan, derived.destination(f"oci:{folder}:x"), overwrite=overwrite)


class TestShow:
    def said(self, capfd: pytest.CaptureFixture[str], made: Built, *, level: int = 0) -> str:
        capfd.readouterr()
        terminal = Terminal()
        terminal.configure("more", level)
        results.show(terminal, made, 1.25)
        terminal.close()
        out, err = capfd.readouterr()
        assert out == ""
        return err

    def test_first_and_second_time(
        self, base: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        made = built(tmp_path / "out", base)
        assert made.published.copied is not None
        text = self.said(capfd, made, level=1)
        assert f"✓ {made.published.copied.sent:,} bytes written, 1.2 s" in text
        assert f"image ID {made.image_ids['linux/amd64']} (linux/amd64)" in text
        assert "replaced" not in text
        again = self.said(capfd, built(tmp_path / "out", base))
        assert "✓ up to date, nothing written, 1.2 s" in again

    def test_what_was_there_before(
        self, base: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        first = built(tmp_path / "out", base)
        second = built(tmp_path / "out", base, overwrite=True, verbosity=1)
        assert f"kept     oci:{tmp_path}/out:x-orig (what the tag held before)" in self.said(
            capfd, second
        )
        third = built(tmp_path / "out", base, overwrite=True, verbosity=2)
        text = self.said(capfd, third)
        assert f"replaced {second.published.top.digest}" in text
        assert first.published.top.digest not in text, "-orig keeps the first"

    def test_calm(self, base: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
        """Proofs are counted; -v has them one by one."""
        made = built(tmp_path / "out", base)
        text = self.said(capfd, made)
        count = sum(len(verdict.proofs) for verdict in made.verdict.platforms)
        assert f"✓ {count} proofs hold (linux/amd64)\n" in text
        assert "image ID" not in text and "base layers" not in text
        every = self.said(capfd, made, level=1)
        assert every.count("✓") == count + 1 and "base layers are unchanged" in every
        assert len(text.splitlines()) == 2


class TestTable:
    def test_cells(self, base: str, tmp_path: Path) -> None:
        made = built(tmp_path / "out", base)
        rows = [
            ReleaseOutcome("v3.3.2", Ending.BUILT, 2.04, made),
            ReleaseOutcome("v3.4.0", Ending.FAILED, 0.5, error=NotFound("gone")),
            ReleaseOutcome("v3.4.1", Ending.NOT_RUN),
        ]
        assert made.published.copied is not None
        assert results.table(rows) == [
            ("v3.3.2", "linux/amd64", "built", made.published.top.digest, "2.0",
             f"{made.published.copied.sent:,}"),
            ("v3.4.0", "", "failed", "", "0.5", ""),
            ("v3.4.1", "", "not run", "", "0.0", ""),
        ]  # fmt: skip
        document = read(builds_document(rows))["builds"]
        assert document[1]["error"]["message"] == "gone"
        assert [row["build"] is None for row in document] == [False, True, True]

    def test_aligned(self) -> None:
        assert aligned([("a", "bb", ""), ("ccc", "d", "e")]) == ["a    bb", "ccc  d   e"]
        assert aligned([]) == []

    @pytest.mark.parametrize("text", ["a\nb", "a\r::error::b", "\x1b[2Ja", "a\x9bb", "a\u2028b"])
    def test_a_cell_stays_where_it_is(self, text: str) -> None:
        lines = aligned([("x", text), ("y", "z")])
        assert len(lines) == len("\n".join(lines).splitlines()) == 2
        assert "\x1b" not in lines[0]


class TestFiles:
    def test_a_pipe_is_not_ended_by_the_look_at_it(self, tmp_path: Path) -> None:
        """``--image-refs`` may be a pipe; its reader must get the references, not an end."""
        path = tmp_path / "pipe"
        os.mkfifo(path)
        got: list[str] = []
        reader = threading.Thread(target=lambda: got.append(path.read_text()))
        reader.start()
        files = results.Files(None, str(path))
        files.require_writable()
        files.write([ReleaseOutcome("v3.3.2", Ending.FAILED, error=NotFound("x"))])
        reader.join(20)
        assert got == [""]

    def test_nothing_is_left_by_the_look(self, tmp_path: Path) -> None:
        (tmp_path / "there").write_text("kept")
        results.Files(str(tmp_path / "there"), str(tmp_path / "new")).require_writable()
        assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"there": "kept"}

    def test_a_full_disk_after_the_build_is_no_build_undone(self) -> None:
        with pytest.raises(CannotWrite) as caught:
            results.Files("/dev/full", None).write([])
        assert "the images are made" in caught.value.advice[0]

    @pytest.mark.parametrize("name", ["missing/x", "", "folder"])
    def test_unwritable(self, tmp_path: Path, name: str) -> None:
        (tmp_path / "folder").mkdir()
        with pytest.raises(CannotWrite):
            results.Files(f"{tmp_path}/{name}", None).require_writable()


def test_no_summary_outside_of_ci(
    run: Run, base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """GITHUB_OUTPUT alone makes no GitHub."""
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    run("build", "v3.3.2", "--from", base, "--to", "oci:out").ok()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


DIGEST = "sha256:" + "a" * 64


def test_a_registry_is_named_by_digest() -> None:
    """By tag a node that has pulled it before keeps to what it has."""
    location = spec.parse("harbor.lan/x/ks-installer:v3.3.2-debug")
    lines = next_steps(location, f"{location}@{DIGEST}")
    assert lines == [f"ksimage rollout {location}@{DIGEST}", "ksimage watch"]


@pytest.mark.parametrize(
    "text", ["oci:out:x", "oci-archive:a.tar:x", "docker-daemon:a/b:c", "docker-archive:a.tar:b:c"]
)
def test_elsewhere_it_is_pushed(text: str) -> None:
    lines = next_steps(spec.parse(text), f"{text}@{DIGEST}")
    assert lines[-1] == f"ksimage push {text} REGISTRY/PROJECT"
    loading = [line.partition("   (")[0] for line in lines[:-1]]
    both = ["docker load -i a.tar", "ctr -n k8s.io images import a.tar"]
    assert loading == (both if text.startswith("docker-archive") else [])
