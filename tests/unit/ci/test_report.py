"""Markers for CI systems, with values that try to be more than values."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksimage.ci.escape import log_text
from ksimage.ci.report import (
    MAX_ANNOTATIONS,
    MAX_SUMMARY,
    Annotation,
    Reporter,
    output_text,
    places,
)
from ksimage.errors import (
    CannotReport,
    ConfigFaults,
    KsimageError,
    PatchAlreadyApplied,
    UnsupportedRelease,
)
from ksimage.errors.config import Fault

GITHUB = {"GITHUB_ACTIONS": "true"}
GITLAB = {"GITLAB_CI": "true"}
HOSTILE = [
    "a\n::error::b",
    "a\r::set-env name=PATH::/evil",
    "100%0A::add-mask::x",
    "x,line=9::y",
    "\x1b[0Ksection_start:0:x\r\x1b[0Kx",
    "a\u2028::error::b",
    "##[error]x",
]


def obeyed(log: str) -> list[tuple[str, dict[str, str], str]]:
    """The commands that a GitHub runner obeys, read by its own rules (actions/runner, v2 form)."""
    commands: list[tuple[str, dict[str, str], str]] = []
    stopped = ""
    for line in re.split(r"\r\n|\r|\n", log):
        match = re.match(r"\s*::([^ :]+)(?: ([^:]*))?::(.*)", line)
        if not match:
            continue
        name, properties, data = match[1], match[2] or "", match[3]
        if stopped:
            stopped = "" if name == stopped else stopped
        elif name == "stop-commands":
            stopped = data
        else:
            pairs = (pair.split("=", 1) for pair in properties.split(",") if pair)
            commands.append((name, {key: _decode(value) for key, value in pairs}, _decode(data)))
    assert not stopped
    return commands


def _decode(text: str) -> str:
    for escaped, char in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(escaped, char)
    return text


def test_groups() -> None:
    for environ, pattern in (
        (GITHUB, "::group::build v3.3.2\ninside\n::endgroup::\n"),
        (
            GITLAB,
            "\x1b\\[0Ksection_start:\\d+:ksimage_1\\[collapsed=true\\]\r\x1b\\[0Kbuild v3.3.2\n"
            "inside\n\x1b\\[0Ksection_end:\\d+:ksimage_1\r\x1b\\[0K\n",
        ),
        ({}, "inside\n"),
    ):
        stream = io.StringIO()
        with Reporter(environ, stream).group("build v3.3.2"):
            stream.write("inside\n")
        assert re.fullmatch(pattern, stream.getvalue())


def test_a_group_ends_when_its_work_fails() -> None:
    for environ, end in ((GITHUB, "::endgroup::\n"), (GITLAB, "\r\x1b[0K\n")):
        stream = io.StringIO()
        with pytest.raises(KeyError), Reporter(environ, stream).group("x"):
            raise KeyError
        assert stream.getvalue().endswith(end)


def test_sections_have_names_of_their_own() -> None:
    stream = io.StringIO()
    reporter = Reporter(GITLAB, stream)
    for title in ("same", "same"):
        with reporter.group(title):
            pass
    assert re.findall(r"start:\d+:(\w+)", stream.getvalue()) == ["ksimage_1", "ksimage_2"]


@pytest.mark.parametrize("text", HOSTILE)
def test_an_annotation_stays_one_command(text: str) -> None:
    stream = io.StringIO()
    found = Annotation(text, title=text, file=text, line=3, column=7)
    Reporter(GITHUB, stream).annotate(found)
    assert obeyed(stream.getvalue()) == [
        (
            "error",
            {"title": text, "file": text, "line": "3", "col": "7"},
            log_text(text),
        )
    ]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_group_title_stays_one_command(text: str) -> None:
    stream = io.StringIO()
    with Reporter(GITHUB, stream).group(text):
        pass
    assert [name for name, _, _ in obeyed(stream.getvalue())] == ["group", "endgroup"]


def test_nothing_is_annotated_elsewhere() -> None:
    for environ in ({}, GITLAB):
        stream = io.StringIO()
        Reporter(environ, stream).annotate(Annotation("x"))
        assert stream.getvalue() == ""


def read_outputs(text: str) -> dict[str, str]:
    """$GITHUB_OUTPUT as the runner reads it."""
    lines = text.split("\n")
    values: dict[str, str] = {}
    while lines and lines != [""]:
        name, _, delimiter = lines.pop(0).partition("<<")
        end = lines.index(delimiter)
        values[name] = "\n".join(lines[:end])
        del lines[: end + 1]
    return values


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_outputs_cannot_set_others(values: list[str]) -> None:
    named = {f"n{number}": value for number, value in enumerate(values)}
    text = "".join(output_text(name, value) for name, value in named.items())
    assert read_outputs(text) == named


@pytest.mark.parametrize("name", ["", "a=b", "a<<b", "a\nb", "1a"])
def test_output_names(name: str) -> None:
    with pytest.raises(ValueError, match="not an output's name"):
        output_text(name, "x")


def test_outputs_are_appended(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("before=1\n")
    reporter = Reporter({**GITHUB, "GITHUB_OUTPUT": str(path)}, io.StringIO())
    reporter.outputs({"matrix": "[1]\n[2]", "count": "2"})
    text = path.read_text()
    assert text.startswith("before=1\n")
    assert read_outputs(text.removeprefix("before=1\n")) == {"matrix": "[1]\n[2]", "count": "2"}


def test_no_outputs_outside_of_github(tmp_path: Path) -> None:
    path = tmp_path / "out"
    Reporter({"GITHUB_OUTPUT": str(path)}, io.StringIO()).outputs({"a": "b"})
    Reporter(GITHUB, io.StringIO()).outputs({"a": "b"})
    assert not path.exists()


def test_an_output_file_that_cannot_be_written(tmp_path: Path) -> None:
    environ = {**GITHUB, "GITHUB_OUTPUT": str(tmp_path / "none" / "out")}
    with pytest.raises(CannotReport, match="the file that GITHUB_OUTPUT names") as caught:
        Reporter(environ, io.StringIO()).outputs({"a": "b"})
    assert caught.value.exit_code == 14


def test_a_long_summary_is_cut_at_a_line(tmp_path: Path) -> None:
    path = tmp_path / "summary"
    reporter = Reporter({**GITHUB, "GITHUB_STEP_SUMMARY": str(path)}, io.StringIO())
    reporter.summary("| é |\n" * 300_000)
    data = path.read_bytes()
    assert len(data) <= MAX_SUMMARY
    assert data.decode().endswith("| é |\n\n\n(cut: the summary is too long)\n")


def test_config_faults_point_into_the_file(tmp_path: Path) -> None:
    stream = io.StringIO()
    error = ConfigFaults(
        [
            Fault("KSIMAGE_TAG", 0, 0, "", "is empty"),
            Fault(str(tmp_path / "conf" / "ksimage.yaml"), 3, 7, "tag", "is empty"),
        ]
    )
    Reporter({**GITHUB, "GITHUB_WORKSPACE": str(tmp_path)}, stream).failed(error)
    commands = obeyed(stream.getvalue())
    assert [properties for _, properties, _ in commands] == [
        {"title": "ConfigFaults"},
        {"title": "ConfigFaults", "file": "conf/ksimage.yaml", "line": "3", "col": "7"},
    ]
    assert commands[0][2] == "KSIMAGE_TAG: is empty"


def test_a_conflict_points_into_the_patch_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    leave = "or leave it out: --without ours"
    error = PatchAlreadyApplied("ours", "hook", path="patches/ours.patch", line=12, advice=[leave])
    (found,) = places(error, tmp_path)
    assert (found.file, found.line, found.title) == (
        "patches/ours.patch",
        12,
        "PatchAlreadyApplied",
    )
    assert found.message.splitlines()[-1] == leave
    elsewhere = PatchAlreadyApplied("unquiet", "hook", path="/opt/patches/unquiet.patch", line=2)
    (found,) = places(elsewhere, tmp_path)
    assert (found.file, found.line) == ("", 0)
    assert "/opt/patches/unquiet.patch:2" in found.message


def test_an_error_without_a_place() -> None:
    error: KsimageError = UnsupportedRelease("v2.1.1", "a reason")
    assert places(error) == [
        Annotation(
            "release v2.1.1 is not supported\na reason\nsupported: every tag from v3.0.0 to v3.4.1",
            "UnsupportedRelease",
        )
    ]


def test_not_more_annotations_than_are_shown() -> None:
    stream = io.StringIO()
    error = ConfigFaults([Fault("ksimage.yaml", n, 1, "", "x") for n in range(1, 30)])
    Reporter(GITHUB, stream).failed(error)
    assert len(obeyed(stream.getvalue())) == MAX_ANNOTATIONS
