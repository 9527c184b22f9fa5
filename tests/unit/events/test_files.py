"""Names and contents of event files; results folders, in every state in which one can be found."""

from __future__ import annotations

import shutil
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from tests.behaviour import trees
from tests.support import event_trees
from tests.support.event_trees import read_tree

from ksimage.errors import NoResults
from ksimage.events import files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "counter"),
    [
        ("12-ab.json", 12),
        ("1-ab-partial.json", None),
        ("1-ab.json.tmp", None),
        ("\u0663-ab.json", None),
        ("-1-ab.json", None),
        ("x-ab.json", None),
        ("9" * 200 + "-ab.json", None),
        ("../../1-x.json", None),
    ],
)
def test_only_event_files_have_a_counter(name: str, counter: int | None) -> None:
    assert files.counter_of(name) == counter


def test_files_are_read_by_number_not_by_name() -> None:
    assert files.in_order(["10-a.json", "9-b.json", "x", "1-c.json"]) == [
        "1-c.json", "9-b.json", "10-a.json"
    ]  # fmt: skip


def test_a_partial_file_is_left_over_only_without_its_whole() -> None:
    names = ["1-aa.json", "aa-partial.json", "bb-partial.json"]
    assert files.left_over(names) == ["bb-partial.json"]


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b'{"event": "verb', "ends in the middle"),
        (b"nonsense}", "not JSON"),
        (b"[" * 200_000, "nested too deeply"),
        (b" " * (5 << 20), "larger than 4 MiB"),
        (b'{"counter": ' + b"9" * 5000 + b"}", "thousands of digits"),
    ],
)
def test_what_is_no_event_is_said_in_words(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        files.parse(data)


def test_bytes_that_are_not_utf8_are_replaced() -> None:
    assert files.parse(b'{"a": "x\xff"}') == {"a": "x\ufffd"}


def test_every_event_is_read_once(tmp_path: Path) -> None:
    count = event_trees.volume(tmp_path, 2000)
    attempt = read_tree(tmp_path)
    assert sum(len(run.events) for run in attempt.runs) == count
    assert attempt.damage == []
    assert {run.state for run in attempt.runs} == {"ok"}


def test_real_trees_have_no_damage(installed: Path) -> None:
    assert read_tree(installed).damage == []


def test_the_folder_above_will_do(tmp_path: Path) -> None:
    event_trees.volume(tmp_path / "results", 200)
    assert len(read_tree(tmp_path).runs) == 16


@pytest.mark.parametrize("damage", trees.DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_tree_is_read_as_far_as_it_goes(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    artefacts = tmp_path / "openpitrix" / "openpitrix"
    trees.whole(artefacts)
    (artefacts / "rc").write_text("2")
    damage(artefacts)
    attempt = read_tree(tmp_path)
    assert any(run.state == "failed" and run.rc == 2 for run in attempt.runs)
    names = {one.path.rpartition("/")[2] for one in attempt.damage}
    expected = {
        "folder_among_files": {"99-folder.json"},
        "fifo_among_files": {"99-fifo.json"},
        "links_to_nowhere": {"97-zero.json", "98-nowhere.json", "99-endless.json"},
        "absurd_depth": {"70-deep.json", "71-deep.json"},
        "huge": {"80-huge.json"},
        "no_folder": {"job_events"},
        "file_for_folder": {"job_events"},
        "no_stdout": set(),
        "partial_and_whole": set(),
    }.get(damage.__name__)
    if expected is not None:
        assert names == expected
    if damage is trees.cause_truncated:
        assert [one.why for one in attempt.damage] == ["ends in the middle"]
    if damage is trees.not_utf8:
        assert any("non" in task.output for run in attempt.runs for task in run.tasks)


def test_what_holds_no_results_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, why in (
        (tmp_path, "job_events"),
        (tmp_path / "no", "no such"),
        (tmp_path / "file", "no folder"),
    ):
        with pytest.raises(NoResults) as caught:
            read_tree(path)
        assert why in caught.value.why


def test_a_copy_that_lost_its_times_still_tells_runs_apart(installed: Path, tmp_path: Path) -> None:
    shutil.copytree(installed, tmp_path / "copy", copy_function=shutil.copyfile)
    own, copy = read_tree(installed), read_tree(tmp_path / "copy")
    assert [(run.playbook_uuid, run.state) for run in copy.runs] == [
        (run.playbook_uuid, run.state) for run in own.runs
    ]
    assert [run.tasks for run in copy.runs] == [run.tasks for run in own.runs]


def test_memory_stays_bounded_at_twenty_thousand_events(tmp_path: Path) -> None:
    event_trees.volume(tmp_path, 20_000)
    tracemalloc.start()
    try:
        attempt = read_tree(tmp_path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(len(run.events) for run in attempt.runs) > 19_000
    assert peak < 100 << 20
