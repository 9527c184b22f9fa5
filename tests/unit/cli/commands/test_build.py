"""Several builds in one command: the table, the references, the exit code, CI's manners."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.support import derived
from tests.support.images import Recipe, layout
from tests.support.runner_log import obeyed
from tests.unit.cli.conftest import BROKEN, Run
from tests.unit.cli.own_patches import CHATTY, HOOK, patch

GOOD = ("v3.3.2", "v3.4.0")
TO = ("--to", "oci:out", "--jobs=2")
MASK = "##[add-mask]pwned"


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> str:
    """v3.3.2 and v3.4.0 can be built; v3.4.1 has a hook that was changed; others are not there."""
    folder = tmp_path_factory.mktemp("bases") / "images"
    for release, hook in ((GOOD[0], HOOK), (GOOD[1], HOOK + b"# v3.4.0\n"), ("v3.4.1", BROKEN)):
        layout(folder, Recipe(release, hook), ref=release)
    return f"oci:{folder}"


def table(text: str) -> list[list[str]]:
    """The summary's rows, cells separated by two blanks or more."""
    lines = text.splitlines()
    (start,) = (n for n, line in enumerate(lines) if line.startswith("release  platforms"))
    rows = []
    for line in lines[start + 1 :]:
        if not re.match(r"v\d", line):
            break
        rows.append(re.split(r"\s{2,}", line))
    return rows


class TestText:
    def test_references_alone_on_stdout(self, run: Run, bases: str) -> None:
        found = run("build", *reversed(GOOD), "--from", bases, *TO).ok()
        lines = found.stdout.splitlines()
        assert [line.partition("@")[0] for line in lines] == [
            "oci:out:v3.4.0-debug",
            "oci:out:v3.3.2-debug",
        ]
        assert all(re.fullmatch(r".*@sha256:[0-9a-f]{64}", line) for line in lines)
        rows = table(found.stderr)
        assert [row[:3] for row in rows] == [
            ["v3.4.0", "linux/amd64", "built"],
            ["v3.3.2", "linux/amd64", "built"],
        ]
        assert [row[3] for row in rows] == [line.partition("@")[2][:19] for line in lines]
        assert all(int(row[5].replace(",", "")) > 0 for row in rows)
        assert re.search(r"\[v3.4.0\] ✓ \d+ proofs hold \(linux/amd64\)", found.stderr)
        assert "[v3.4.0] result   oci:out:v3.4.0-debug" in found.stderr

    def test_second_run_is_up_to_date(self, run: Run, bases: str) -> None:
        first = run("build", *GOOD, "--from", bases, *TO).ok()
        second = run("build", *GOOD, "--from", bases, *TO).ok()
        assert second.stdout == first.stdout
        assert [row[2] for row in table(second.stderr)] == ["up to date"] * 2
        assert [row[5] for row in table(second.stderr)] == ["0", "0"]

    def test_a_failure_stops_nobody(self, run: Run, bases: str) -> None:
        found = run("build", "v3.4.1", "v3.2.0", *GOOD, "--from", bases, *TO)
        assert found.code == 15
        assert [line.partition("@")[0] for line in found.stdout.splitlines()] == [
            f"oci:out:{release}-debug" for release in GOOD
        ]
        assert [row[:2] for row in table(found.stderr)[:2]] == [
            ["v3.4.1", "failed"],
            ["v3.2.0", "failed"],
        ]
        assert re.search(r"\[v3\.4\.1\] error: .*unquiet", found.stderr)
        assert re.search(r"\[v3\.2\.0\] error: no image at ", found.stderr)
        assert "error: 2 of 4 builds failed: v3.4.1, v3.2.0" in found.stderr

    def test_all_fail(self, run: Run, bases: str) -> None:
        found = run("build", "v3.4.1", "v3.2.0", "--from", bases, *TO)
        assert (found.code, found.stdout) == (15, "")

    def test_fail_fast(self, run: Run, bases: str) -> None:
        arguments = ("v3.4.1", *GOOD, "v3.2.0", "--fail-fast", "--jobs=1", "--to", "oci:out")
        found = run("--output", "json", "build", *arguments, "--from", bases)
        assert found.code == 15
        states = [row["state"] for row in found.document["builds"]]
        assert states[0] == "failed"
        assert states[2:] == ["not run"] * 2  # one may have begun before the failure was seen

    def test_settings_file(self, run: Run, bases: str, tmp_path: Path) -> None:
        (tmp_path / "ksimage.yaml").write_text("releases: ['>=3.4,<3.4.1', v3.3.2]\n")
        found = run("build", "--all", "--from", bases, *TO).ok()
        assert [row[0] for row in table(found.stderr)] == ["v3.3.2", "v3.4.0"]

    def test_one_file_each_without_a_destination(
        self, run: Run, bases: str, tmp_path: Path
    ) -> None:
        found = run("build", *GOOD, "--from", bases, "--engine", "direct").ok()
        names = sorted(path.name for path in tmp_path.iterdir())
        assert names == ["ks-installer-v3.3.2-debug.tar", "ks-installer-v3.4.0-debug.tar"]
        assert len(found.stdout.splitlines()) == 2

    def test_quiet(self, run: Run, bases: str) -> None:
        found = run("-qq", "build", *GOOD, "--from", bases, *TO).ok()
        assert found.stderr == ""
        assert len(found.stdout.splitlines()) == 2


class TestJson:
    def test_one_document(self, run: Run, bases: str) -> None:
        found = run("--output", "json", "build", "v3.3.2", "v3.4.1", "--from", bases, *TO)
        assert found.code == 15
        document = found.document
        assert document["schema"] == "ksimage/v1"
        good, bad = document["builds"]
        assert (good["release"], good["state"], good["error"]) == ("v3.3.2", "built", None)
        assert good["build"]["result"]["reference"].startswith("oci:out:v3.3.2-debug@sha256:")
        assert (bad["release"], bad["state"], bad["build"]) == ("v3.4.1", "failed", None)
        assert bad["error"]["kind"] == "patch-conflict"
        assert bad["error"]["exit_code"] == 5
        assert good["seconds"] > 0


class TestFiles:
    WRITE = ("--metadata-file", "metadata.json", "--image-refs", "refs.txt")

    def test_several(self, run: Run, bases: str, tmp_path: Path) -> None:
        arguments = ("build", "v3.3.2", "v3.4.1", "v3.4.0", "--from", bases, *TO, *self.WRITE)
        found = run("--output", "json", *arguments)
        assert found.code == 15
        assert json.loads((tmp_path / "metadata.json").read_text()) == found.document
        assert (tmp_path / "refs.txt").read_text().splitlines() == [
            row["build"]["result"]["reference"] for row in found.document["builds"] if row["build"]
        ]

    def test_one(self, run: Run, bases: str, tmp_path: Path) -> None:
        found = run("build", "v3.3.2", "--from", bases, *TO, *self.WRITE).ok()
        assert (tmp_path / "refs.txt").read_text() == found.stdout
        (row,) = json.loads((tmp_path / "metadata.json").read_text())["builds"]
        assert row["build"]["result"]["reference"] == found.reference

    @pytest.mark.parametrize("option", ["--metadata-file", "--image-refs"])
    @pytest.mark.parametrize("releases", [GOOD, GOOD[:1]])
    @pytest.mark.parametrize("place", ["no/such/folder", "folder"])
    def test_unwritable_is_found_before_anything_is_built(
        self, run: Run, bases: str, tmp_path: Path, option: str, releases: tuple[str], place: str
    ) -> None:
        (tmp_path / "folder").mkdir()
        found = run("build", *releases, "--from", bases, *TO, option, place)
        assert found.code == 14
        assert f"cannot write {place}" in found.stderr
        assert not (tmp_path / "out").exists()

    def test_a_failed_build_leaves_no_empty_file(
        self, run: Run, bases: str, tmp_path: Path
    ) -> None:
        assert run("build", "v3.4.1", "--from", bases, *TO, *self.WRITE).code == 5
        assert list(tmp_path.iterdir()) == []

    def test_an_earlier_file_is_kept_until_there_is_news(
        self, run: Run, bases: str, tmp_path: Path
    ) -> None:
        (tmp_path / "refs.txt").write_text("earlier\n")
        assert run("build", "v3.4.1", "--from", bases, *TO, *self.WRITE).code == 5
        assert (tmp_path / "refs.txt").read_text() == "earlier\n"

    def test_references_are_not_lost_when_the_disk_is_full(self, run: Run, bases: str) -> None:
        found = run("build", *GOOD, "--from", bases, *TO, "--metadata-file", "/dev/full")
        assert found.code == 14
        assert "cannot write /dev/full" in found.stderr
        assert len(found.stdout.splitlines()) == 2


class TestNames:
    def test_the_same_release_twice_is_built_once(self, run: Run, bases: str) -> None:
        found = run("build", "v3.3.2", "3.3.2", "v3.3.2", "--from", bases, *TO).ok()
        assert found.reference.startswith("oci:out:v3.3.2-debug@")

    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("--all",), "no release was named, and none is listed"),
            (("--all", "v3.3.2"), "--all and names were both given"),
            ((), "nothing to build was named"),
            ((*GOOD, "--dry-run"), "--dry-run shows one build at a time"),
            ((*GOOD, "--to", "oci-archive:x.tar"), "several images cannot go into one file"),
            ((*GOOD, "--to", "docker-archive:x.tar"), "several images cannot go into one file"),
            ((*GOOD, "--to", "oci:out:fixed"), "several images cannot all be oci:out:fixed"),
            ((*GOOD, "--to", "harbor.lan/a/ks-installer:x"), "several images cannot all be"),
            ((*GOOD, "--to", "docker-daemon:a/b:x"), "several images cannot all be"),
            ((*GOOD, "--to", "oci:out", "--tag", "x"), "cannot all have the tag 'x'"),
        ],
    )
    def test_refused(
        self, run: Run, bases: str, tmp_path: Path, arguments: tuple[str, ...], words: str
    ) -> None:
        found = run("build", "--from", bases, *arguments)
        assert found.code == 2
        assert words in found.stderr
        assert list(tmp_path.iterdir()) == []

    def test_an_unknown_one_among_several(self, run: Run, bases: str, tmp_path: Path) -> None:
        """All names are checked before any work."""
        found = run("--output", "json", "build", "v3.3.2", "v3.3.9", "--from", bases, *TO)
        assert found.code == 4
        assert found.document["error"]["kind"] == "unknown-release"
        assert list(tmp_path.iterdir()) == []

    def test_images_and_releases(self, run: Run, bases: str) -> None:
        found = run("build", f"{bases}:v3.4.0", "v3.3.2", "--from", bases, *TO).ok()
        assert [line.partition("@")[0] for line in found.stdout.splitlines()] == [
            "oci:out:v3.4.0-debug",
            "oci:out:v3.3.2-debug",
        ]


class TestPinned:
    def configure(self, folder: Path, bases: str, digest: str) -> None:
        (folder / "ksimage.yaml").write_text(
            f"source: '{bases}'\nreleases:\n- v3.4.0\n- {{release: v3.3.2, base: '{digest}'}}\n"
        )

    def digest(self, bases: str) -> str:
        with derived.planned(bases) as plan:
            return plan.base.top.digest

    def test_right(self, run: Run, bases: str, tmp_path: Path) -> None:
        self.configure(tmp_path, bases, self.digest(bases))
        run("build", "--all", *TO).ok()
        run("build", "3.3.2", *TO).ok()

    def test_moved(self, run: Run, bases: str, tmp_path: Path) -> None:
        self.configure(tmp_path, bases, "sha256:" + "0" * 64)
        found = run("--output", "json", "build", "--all", *TO)
        assert found.code == 15
        errors = {row["release"]: row["error"] for row in found.document["builds"]}
        assert errors["v3.4.0"] is None
        assert errors["v3.3.2"]["kind"] == "base-moved"
        assert self.digest(bases) in errors["v3.3.2"]["why"]
        for name in ("v3.3.2", "3.3.2"):
            assert run("build", name, *TO).code == 4


class TestGitHub:
    @pytest.fixture(autouse=True)
    def github(self, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
        monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
        monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))

    def outputs(self, folder: Path) -> dict[str, str]:
        text = (folder / "output").read_text()
        found = re.findall(r"^(\w+)<<(\S+)\n(.*?)\n\2\n", text, re.MULTILINE | re.DOTALL)
        return {name: value for name, _, value in found}

    def test_groups_hold_what_was_said(self, run: Run, bases: str) -> None:
        found = run("build", *GOOD, "--from", bases, *TO).ok()
        groups = dict(
            re.findall(
                r"^::group::(\S+): built\n(.*?)^::endgroup::\n",
                found.stderr,
                re.MULTILINE | re.DOTALL,
            )
        )
        assert sorted(groups) == list(GOOD)
        for release, text in groups.items():
            assert f"release  {release}, verbosity 0\n" in text
            assert text.count("release  v") == 1, "another release's lines are in its own group"
        assert {name for name, _ in obeyed(found.stderr)} == {"group", "endgroup"}
        assert obeyed(found.stdout) == []

    def test_summary_and_outputs(self, run: Run, bases: str, tmp_path: Path) -> None:
        found = run("build", "v3.4.1", *GOOD, "--from", bases, *TO)
        assert found.code == 15
        summary = (tmp_path / "summary").read_text()
        assert summary.startswith("### ksimage build\n\n| release | platforms | state |")
        assert re.search(r"\| v3\.4\.1 \|  \| failed \|", summary)
        assert re.search(r"\| v3\.3\.2 \| linux/amd64 \| built \| <code>sha256:", summary)
        assert self.outputs(tmp_path) == {"references": found.stdout.rstrip("\n")}

    def test_outputs_of_one(self, run: Run, bases: str, tmp_path: Path) -> None:
        found = run("build", "v3.3.2", "--from", bases, *TO).ok()
        reference = found.reference
        assert self.outputs(tmp_path) == {
            "references": reference,
            "reference": reference,
            "digest": reference.partition("@")[2],
        }

    def test_a_conflict_points_into_the_patch(self, run: Run, bases: str, tmp_path: Path) -> None:
        (tmp_path / "mine.patch").write_bytes(
            patch("mine", before=HOOK.replace(b"import json", b"import jason"))
        )
        text = patch("mine").replace(b" \n", b" no such line\n")
        (tmp_path / "mine.patch").write_bytes(text)
        found = run("build", "v3.3.2", "--patch", "mine.patch", "--from", bases, *TO)
        assert found.code == 5
        line = text[: text.index(b"@@")].count(b"\n") + 1
        assert re.search(
            rf"^::error title=\w+,file=mine\.patch,line={line}::", found.stderr, re.MULTILINE
        )

    def test_nothing_foreign_is_obeyed(self, run: Run, tmp_path: Path) -> None:
        """A patch and a hook that hold commands, in a conflict that shows both."""
        hook = CHATTY.replace(
            b"import collections\n", b"import collections  # ##[add-mask]a ::error::b\n"
        )
        layout(tmp_path / "base", Recipe(hook=hook), ref="v3.3.2")
        name = f"::error::{MASK}"
        text = patch("x").replace(b" \n", f" # {MASK}\n ::add-mask::pwned\n".encode())
        text = re.sub(rb"@@ -(\d+),3 \+(\d+),3 @@", rb"@@ -\1,4 +\2,4 @@", text)
        (tmp_path / f"{name}.patch").write_bytes(text)
        arguments = ("--patch", f"{name}.patch", "--from", f"oci:{tmp_path / 'base'}")
        for more in ((), ("v3.4.0",)):
            found = run("build", "v3.3.2", *more, *arguments, *TO)
            assert found.code in (5, 15)
            assert "pwned" in found.stderr, "the conflict shows the lines"
            commands = obeyed(found.stderr)
            assert {command for command, _ in commands} <= {"error", "group", "endgroup"}
            assert all(not data.startswith((MASK, "pwned")) for _, data in commands), commands
            assert len([1 for command, _ in commands if command == "error"]) == 1 + 2 * len(more)

    def test_unwritable_output_loses_no_reference(
        self, run: Run, bases: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("GITHUB_OUTPUT", "/nowhere/output")
        found = run("build", *GOOD, "--from", bases, *TO)
        assert found.code == 14
        assert len(found.stdout.splitlines()) == 2
        assert "GITHUB_OUTPUT" in found.stderr


class TestGitLab:
    @pytest.fixture(autouse=True)
    def gitlab(self, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("GITLAB_CI", "true")

    def test_sections(self, run: Run, bases: str) -> None:
        found = run("build", *GOOD, "--from", bases, *TO).ok()
        titles = re.findall(
            r"\x1b\[0Ksection_start:\d+:(\w+)\[collapsed=true\]\r\x1b\[0K(.*)\n", found.stderr
        )
        assert sorted(title for _, title in titles) == [f"{release}: built" for release in GOOD]
        ends = re.findall(r"section_end:\d+:(\w+)\r", found.stderr)
        assert [name for name, _ in titles] == ends
        assert "::group::" not in found.stderr


@pytest.mark.parametrize("variable", ["GITHUB_ACTIONS", "GITLAB_CI"])
def test_false_is_no_ci_system(
    run: Run, bases: str, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """act and people set them to false."""
    monkeypatch.setenv(variable, "false")
    found = run("build", *GOOD, "--from", bases, *TO).ok()
    assert "group" not in found.stderr
    assert "[v3.3.2] release  v3.3.2" in found.stderr
