from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support.documents import read
from tests.unit.patching.samples import HOOK

from ksimage.cli.output.documents.lists import matrix_document
from ksimage.hook import matrix
from ksimage.patching import diff, series
from ksimage.upstream import releases

LOUD_ONLY = HOOK.replace(b"quiet=True", b"quiet=False").replace(b"quiet=self.quiet", b"quiet=False")


def write(directory: Path, name: str, before: bytes, after: bytes, extra: str = "") -> None:
    header = f"Description: {name}\nAuthor: a\n{extra}---\n".encode()
    (directory / f"{name}.patch").write_bytes(header + diff.unified(before, after, context=1))


@pytest.fixture
def patches(tmp_path: Path) -> series.Series:
    write(tmp_path, "unquiet", HOOK, LOUD_ONLY)
    verbose = HOOK.replace(b"runner.run(\n", b"runner.run(\n        verbosity=level,\n")
    verbose = verbose.replace(b"_async(\n", b"_async(\n            verbosity=level,\n")
    verbose = verbose.replace(b"import os\n", b"import os\nlevel = 3\n")
    write(tmp_path, "verbosity", HOOK, verbose)
    late = HOOK.replace(b"if result.rc != 0:", b"if result.rc:")
    write(tmp_path, "late", HOOK, late, "X-Ksimage-Releases: >=3.1\n")
    write(tmp_path, "other", HOOK + b"x\ny\n", HOOK + b"x\nz\n")
    (tmp_path / "series").write_text("unquiet.patch\nverbosity.patch\nlate.patch\n")
    (tmp_path / "series.optional").write_text("other.patch\n")
    return series.load(tmp_path)


def test_matrix(patches: series.Series) -> None:
    moved = HOOK.replace(b"import os\n", b"import os\nimport re\n")
    python2 = HOOK.replace(b"python3", b"python")
    hooks = {"v3.3.2": HOOK, "v3.0.0": HOOK, "mine": moved, "v2.1.1": python2}
    rows = {row.release: row for row in matrix.check(hooks, patches)}

    row = rows["v3.3.2"]
    assert [(cell.patch, cell.status) for cell in row.cells] == [
        ("unquiet", "applies"),
        ("verbosity", "applies"),
        ("late", "applies"),
        ("other", "refused"),
    ]
    assert row.cells[3].kind == "patch-conflict"
    assert "the hunk expects" in row.cells[3].reason
    assert row.series.status == "applies"
    assert len(row.result) == 64
    assert row.pristine is False
    assert not row.good

    excluded = rows["v3.0.0"].cells[2]
    assert (excluded.status, excluded.reason) == ("excluded", "it is for >=3.1")
    assert rows["mine"].pristine is None
    assert (rows["mine"].cells[0].status, rows["mine"].cells[0].offset) == ("offset", 1)

    unsupported = rows["v2.1.1"]
    assert {cell.status for cell in unsupported.cells} == {"unsupported"}
    assert "Python 2" in unsupported.series.reason
    assert unsupported.good  # a refusal on purpose is no fault


def test_series_that_leaves_the_hook_quiet_is_refused(patches: series.Series) -> None:
    only = series.Series((patches.find("verbosity"),))
    (row,) = matrix.check({"mine": HOOK}, only)
    assert (row.series.status, row.series.kind) == ("refused", "hook-still-quiet")
    assert row.result == ""


def test_json(patches: series.Series) -> None:
    document = matrix_document(matrix.check({"v3.3.2": HOOK}, patches))
    assert json.loads(json.dumps(document)) == document
    assert document["good"] is False
    (release,) = read(document)["releases"]
    assert release["patches"][0] == {"patch": "unquiet", "status": "applies", "offset": 0}
    assert set(release["patches"][3]) == {"patch", "status", "kind", "reason"}
    assert "patch" not in release["series"]


def test_pristine_is_known_by_the_digest_when_the_name_is_no_release() -> None:
    digest = releases.find("v3.3.2").sha256
    assert matrix._release("mine", digest) == releases.find("v3.3.2")
