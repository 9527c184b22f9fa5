"""``ksimage collect`` of folders and of older bundles."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Run

from ksimage.bundle.archive import open_bundle

SECRET = "Zq8-pear/x1"


@pytest.fixture
def results(tmp_path: Path) -> Path:
    """A folder of results with a secret in it."""
    run = tmp_path / "results" / "monitoring" / "monitoring"
    (run / "job_events").mkdir(parents=True)
    (run / "rc").write_text("2")
    event = {"event": "runner_on_failed", "event_data": {"res": {"cmd": f"mysql -p{SECRET} x"}}}
    (run / "job_events" / "1-a.json").write_text(json.dumps(event))
    (run / "stdout").write_bytes(f"\xff\r\nfailed: {SECRET}, also tangerine\n".encode("latin-1"))
    return tmp_path / "results"


def _files(path: Path) -> dict[str, bytes]:
    return {entry.path: entry.read() for entry in open_bundle(path).entries()}


def test_a_folder_becomes_a_bundle_without_secrets(run: Run, results: Path, tmp_path: Path) -> None:
    done = run("collect", "./results", "-o", "b.tar.gz").ok()
    assert done.reference == "b.tar.gz"
    assert "3 files" in done.stderr
    assert "2 secrets hidden" in done.stderr
    files = _files(tmp_path / "b.tar.gz")
    assert SECRET.encode() not in b"".join(files.values())
    assert files["results/monitoring/monitoring/stdout"].startswith(b"\xff\r\nfailed: [redacted:")
    assert files["results/monitoring/monitoring/rc"] == b"2"


def test_json(run: Run, results: Path) -> None:
    document = run("collect", "./results", "-o", "b.tgz", "--output", "json").ok().document
    assert document["bundle"] == "b.tgz"
    assert document["files"] == 3
    assert document["redacted"] is True
    assert document["redactions"] == 2
    assert document["missing"] == []


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("b.tar.gz", "b.UNREDACTED.tar.gz"),
        ("b.tgz", "b.UNREDACTED.tgz"),
        ("b", "b.UNREDACTED.tar.gz"),
        ("my-UNREDACTED.tar.gz", "my-UNREDACTED.tar.gz"),
    ],
)
def test_unredacted_is_said_in_the_name(
    run: Run, results: Path, tmp_path: Path, given: str, written: str
) -> None:
    done = run("collect", "./results", "--no-redact", "-o", given).ok()
    assert done.reference == written
    assert "do not send it" in done.stderr
    assert SECRET.encode() in b"".join(_files(tmp_path / written).values())


def test_an_old_bundle_is_redacted_again(run: Run, results: Path, tmp_path: Path) -> None:
    run("collect", "./results", "--no-redact", "-o", "b.tar.gz").ok()
    done = run("collect", "--redact-only", "b.UNREDACTED.tar.gz", "-o", "c.tar.gz").ok()
    assert "2 secrets hidden" in done.stderr
    assert SECRET.encode() not in b"".join(_files(tmp_path / "c.tar.gz").values())
    named = run("collect", "--redact-only", "b.UNREDACTED.tar.gz").ok().reference
    assert named == "b.UNREDACTED.redacted.tar.gz"


def test_known_secrets_are_hidden_too(run: Run, results: Path, tmp_path: Path) -> None:
    (tmp_path / "known").write_text("tangerine\r\n\n")
    run("collect", "./results", "-o", "b.tar.gz", "--known-secret-file", "known").ok()
    assert b"tangerine" not in b"".join(_files(tmp_path / "b.tar.gz").values())


def test_without_a_name_the_time_is_the_name(run: Run, results: Path) -> None:
    name = run("collect", "./results").ok().reference
    assert re.fullmatch(r"ksimage-bundle-\d{8}-\d{6}\.tar\.gz", name)


def test_an_existing_file_is_replaced_only_when_told(
    run: Run, results: Path, tmp_path: Path
) -> None:
    (tmp_path / "b.tar.gz").write_text("mine")
    done = run("collect", "./results", "-o", "b.tar.gz")
    assert done.code == 14
    assert "--force" in done.stderr
    assert (tmp_path / "b.tar.gz").read_text() == "mine"
    run("collect", "./results", "-o", "b.tar.gz", "--force").ok()


def test_limits_are_told(run: Run, results: Path, tmp_path: Path) -> None:
    (results / "monitoring" / "monitoring" / "stdout").write_bytes(b"x" * (2 << 20))
    done = run("collect", "./results", "-o", "b.tar.gz", "--max-size", "1").ok()
    manifest = json.loads(_files(tmp_path / "b.tar.gz")["MANIFEST.json"])
    cut = {file["path"]: file["truncated"] for file in manifest["files"] if file["truncated"]}
    assert cut == {"results/monitoring/monitoring/stdout": 2 << 20}
    assert done.code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("./absent",), 14, "cannot read absent"),
        (("--redact-only", "absent"), 21, "it does not exist"),
        (("--redact-only", "results"), 21, "it is no regular file"),
        (("--redact-only", "results", "--no-redact"), 2, "exclude each other"),
        (("./results", "--redact-only", "results"), 2, "exclude each other"),
        (("./results", "-o", "absent/b.tar.gz"), 14, "cannot write"),
        (("./results", "--kubectl", "absent", "--tail", "0"), 2, "--tail"),
        (("some-pod", "--kubectl", "/absent/kubectl"), 21, "nothing could be collected"),
    ],
)
def test_what_cannot_be_done_is_said(
    run: Run, results: Path, tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = run("collect", *arguments)
    assert done.code == code, done.stderr
    assert said in done.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"results"}
