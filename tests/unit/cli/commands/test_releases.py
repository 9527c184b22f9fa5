"""``ksimage releases``."""

from __future__ import annotations

from tests.unit.cli.conftest import Run

from ksimage.upstream import releases


def test_supported(run: Run) -> None:
    lines = run("releases").ok().stdout.splitlines()
    assert [line.split()[0] for line in lines] == [r.tag for r in releases.supported()]
    assert (
        "v3.3.2           2023-02-03  "
        "eca8c872ad096097ef9bd613ae237a8ffc7bd5df8dc4ebe9a2f566c064b3e1fd"
    ) in lines
    assert "not supported" not in "".join(lines)


def test_all_with_the_reasons(run: Run) -> None:
    lines = run("releases", "--all").ok().stdout.splitlines()
    assert len(lines) == len(releases.all_releases())
    (line,) = (line for line in lines if line.startswith("v2.1.1 "))
    assert "not supported: its hook is a Python 2 script" in line


def test_json(run: Run) -> None:
    document = run("--output", "json", "releases", "--all").ok().document
    assert document["schema"] == "ksimage/v1"
    found = {entry["tag"]: entry for entry in document["releases"]}
    assert list(found) == [r.tag for r in releases.all_releases()]
    assert found["v3.3.2"]["supported"] is True
    assert found["master"]["supported"] is False
    assert found["master"]["reason"].startswith("upstream rewrote the installer")
    short = run("--output", "json", "releases").ok().document["releases"]
    assert all(entry["supported"] and not entry["reason"] for entry in short)
