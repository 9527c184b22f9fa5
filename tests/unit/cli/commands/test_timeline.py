"""``ksimage timeline``: sources in, forms out."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.story import Story
from tests.unit.cli.conftest import Run

from ksimage.cli.commands.timeline import follow
from ksimage.cli.output.terminal import Terminal
from ksimage.cli.output.timeline import TimelineOutput
from ksimage.cluster.files.follow import PodSource, Reached


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """An installation whose monitoring failed."""
    Story(tmp_path / "results")
    return tmp_path / "results"


def test_the_report_is_the_result(run: Run, results: Path) -> None:
    done = run("timeline", "results")
    assert (done.code, done.stderr) == (0, "")
    assert "failed: monitoring" in done.stdout
    assert "What the web UI waited for" in done.stdout
    assert "devops ended last" in done.stdout


@pytest.mark.parametrize("form", ["html", "svg", "csv", "json", "trace"])
def test_each_form_goes_to_stdout(run: Run, results: Path, form: str) -> None:
    done = run("timeline", "results", "--format", form)
    assert done.code == 0
    begins = {"html": "<!doctype html>", "svg": "<svg", "csv": "component,", "json": "{",
              "trace": '{"traceEvents":'}  # fmt: skip
    assert done.stdout.startswith(begins[form])
    if form in ("json", "trace"):
        json.loads(done.stdout)


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("t.html", "<!doctype"),
        ("t.svg", "<svg"),
        ("t.csv", "component,"),
        ("t.json", "{"),
        ("t.trace.json", '{"traceEvents"'),
        ("t.txt", "Installation of"),
    ],
)
def test_the_files_name_says_the_form(
    run: Run, results: Path, tmp_path: Path, name: str, begins: str
) -> None:
    done = run("timeline", "results", "-o", name)
    assert (done.code, done.stdout) == (0, f"{name}\n")
    assert (tmp_path / name).read_text().startswith(begins)


def test_a_name_without_a_form_is_asked_about(run: Run, results: Path, tmp_path: Path) -> None:
    done = run("timeline", "results", "-o", "t.pdf")
    assert done.code == 2
    assert "does not say which form" in done.stderr
    assert not (tmp_path / "t.pdf").exists()


def test_json_is_one_document_either_way(run: Run, results: Path) -> None:
    first = json.loads(run("timeline", "results", "--output", "json").stdout)
    assert first["schema"] == "ksimage/v1"
    assert first["state"] == "failed"
    assert json.loads(run("timeline", "results", "--format", "json").stdout) == first
    written = json.loads(run("timeline", "results", "-o", "t.html", "--output", "json").stdout)
    assert (written["file"], written["format"]) == ("t.html", "html")


def test_a_bundle_and_a_recording_tell_the_same(run: Run, results: Path, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "bundle.tar.gz", "w:gz") as archive:
        archive.add(results, "ksimage-bundle/results")
    tables = [
        run("timeline", source, "--format", "csv").stdout for source in ("results", "bundle.tar.gz")
    ]
    assert tables[0] == tables[1]
    assert len(list(csv.reader(io.StringIO(tables[0])))) > 100


def test_two_sources_are_compared(run: Run, results: Path, tmp_path: Path) -> None:
    Story(tmp_path / "after", fails=False)
    shutil.rmtree(tmp_path / "after" / "kubeedge")
    done = run("timeline", "results", "after")
    assert done.code == 0
    assert "Gone: 7" in done.stdout
    document = json.loads(run("timeline", "results", "after", "--format", "json").stdout)
    assert {one["component"] for one in document["tasks"] if one["verdict"] == "gone"} == {
        "kubeedge"
    }
    refused = run("timeline", "results", "after", "--format", "csv")
    assert refused.code == 2


@pytest.mark.parametrize("form", ["text", "html", "json"])
def test_no_secret_is_shown_unless_asked_for(run: Run, results: Path, form: str) -> None:
    (event,) = (
        path
        for path in (results / "monitoring/monitoring/job_events").iterdir()
        if "runner_on_failed" in path.read_text()
    )
    document = json.loads(event.read_text())
    document["event_data"]["res"] = {"msg": "helm --set password=Tr0ub4dor-and-3 failed", "rc": 1}
    event.write_text(json.dumps(document))
    shown = run("timeline", "results", "--format", form).stdout
    assert "Tr0ub4dor" not in shown
    assert "[redacted:" in shown
    assert "Tr0ub4dor-and-3" in run("timeline", "results", "--format", form, "--no-redact").stdout


def test_what_ran_when_it_was_copied_is_not_running(run: Run, tmp_path: Path) -> None:
    Story(tmp_path / "cut", until=200)
    done = run("timeline", "cut")
    assert "not finished" in done.stdout
    assert "so far, of which" in done.stdout


def test_an_attempt_too_many_is_refused(run: Run, results: Path) -> None:
    done = run("timeline", "results", "--attempt", "2")
    assert done.code == 2
    assert "results has 1" in done.stderr


def test_a_folder_is_not_followed(run: Run, results: Path) -> None:
    done = run("timeline", "results", "--live", "-o", "t.html")
    assert done.code == 2
    assert "ksimage timeline --live -o timeline.html" in done.stderr


def test_what_is_no_source_is_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert run("timeline", "empty").code == 14
    assert run("timeline", "missing.tar.gz").code == 14


def test_what_cannot_be_written_leaves_what_was_there(run: Run, results: Path) -> None:
    done = run("timeline", "results", "-o", "missing/t.html")
    assert done.code == 14


@pytest.mark.skipif(sys.platform != "linux", reason="the follow program reads /proc")
def test_a_page_is_written_again_until_the_installation_has_ended(tmp_path: Path) -> None:
    """The program of the pod runs here, on a folder that grows."""
    root = tmp_path / "results"
    Story(tmp_path / "all", fails=False)
    (root / "preinstall").parent.mkdir()
    shutil.copytree(tmp_path / "all" / "preinstall", root / "preinstall")
    source = PodSource(
        lambda: Reached((), "here"), paths={"root": str(root)}, python=sys.executable
    )
    page = tmp_path / "t.html"
    thread = threading.Thread(
        target=follow,
        args=(Terminal(), TimelineOutput("html", page, 15), source, 0.2, None),
        daemon=True,
    )
    thread.start()
    _until(lambda: page.exists() and '"refresh":1' in page.read_text())
    assert "result-info" not in page.read_text().partition('id="data"')[2].partition("</script>")[0]
    for component in sorted((tmp_path / "all").iterdir()):
        if component.name != "preinstall":
            staged = tmp_path / component.name
            shutil.copytree(component, staged)
            subprocess.run(["mv", staged, root / component.name], check=True)
    thread.join(60)
    assert not thread.is_alive()
    data = page.read_text().partition('id="data"')[2].partition("</script>")[0]
    assert '"refresh":0' in data
    assert '"verdict":"installed"' in data


def _until(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
