"""A job_events tree as ansible-runner leaves it, and the ways in which it can be damaged.

The failure to be found is the task "Deploying the store". Every damage leaves it somewhere: in its
event, in a left-over partial file, or in the artefact "stdout".
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CAUSE = "Deploying the store"


def event(counter: int, kind: str, task: str, run: str = "run-1", **data: Any) -> dict[str, Any]:
    """One event, in ansible-runner's own order of keys."""
    return {
        "uuid": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{run} {counter}")),
        "counter": counter,
        "stdout": f"text of {task}",
        "start_line": counter,
        "end_line": counter + 1,
        "runner_ident": "openpitrix",
        "event": kind,
        "created": "2026-11-22T08:05:06.551269",
        "event_data": {
            "playbook": "/kubesphere/playbooks/openpitrix.yaml",
            "playbook_uuid": run,
            "task": task,
            "task_uuid": f"uuid of {task}",
            "task_action": "shell",
            "role": "ks-store",
            "host": "localhost",
            **data,
        },
    }


def write(artefacts: Path, events: list[dict[str, Any]]) -> None:
    """Write the event files."""
    folder = artefacts / "job_events"
    folder.mkdir(parents=True, exist_ok=True)
    for one in events:
        (folder / f"{one['counter']}-{one['uuid']}.json").write_text(json.dumps(one))


def whole(artefacts: Path, **result: Any) -> None:
    """A run with a tolerated failure, then the one that ended it."""
    res = {"msg": "non-zero return code", "rc": 3, "stderr": "no store", **result}
    events = [event(n, "runner_on_ok", f"step {n}") for n in range(1, 9)]
    events += [
        event(9, "runner_on_failed", "tolerated", res={"msg": "pah"}, ignore_errors=True),
        event(10, "playbook_on_task_start", CAUSE),
        event(11, "runner_on_failed", CAUSE, res=res, ignore_errors=False),
        event(12, "playbook_on_stats", ""),
    ]
    write(artefacts, events)
    (artefacts / "stdout").write_text(
        "TASK [step 8] ****\r\nok: [localhost]\r\n\r\nTASK [tolerated] ****\r\n"
        'fatal: [localhost]: FAILED! => {"msg": "pah"}\r\n...ignoring\r\n\r\n'
        f"TASK [{CAUSE}] ****\r\n"
        '\x1b[0;31mfatal: [localhost]: FAILED! => {"cmd": "x --password=Planted"}\x1b[0m\r\n'
        "\r\nPLAY RECAP ****\r\nlocalhost : ok=8 failed=1\r\n"
    )


def _files(artefacts: Path) -> list[Path]:
    return sorted(
        (artefacts / "job_events").glob("*.json"), key=lambda f: int(f.name.split("-")[0])
    )


def _cause(artefacts: Path) -> Path:
    return next(
        f
        for f in _files(artefacts)
        if json.loads(f.read_text())["event"] == "runner_on_failed"
        and json.loads(f.read_text())["event_data"]["task"] == CAUSE
    )


def _partial(artefacts: Path, source: Path) -> Path:
    return artefacts / "job_events" / f"{source.stem.split('-', 1)[1]}-partial.json"


def partial_left_over(artefacts: Path) -> None:
    first = _files(artefacts)[0]
    _partial(artefacts, first).write_text(first.read_text())


def partial_instead(artefacts: Path) -> None:
    cause = _cause(artefacts)
    cause.rename(_partial(artefacts, cause))


def partial_and_whole(artefacts: Path) -> None:
    cause = _cause(artefacts)
    shutil.copy(cause, _partial(artefacts, cause))


def odd_names(artefacts: Path) -> None:
    for name in ("notes.txt", "core", ".json", "x-.json", "\u0663-x.json", "-1-x.json", "a\nb-c"):
        (artefacts / "job_events" / name).write_text("{}")


def folder_among_files(artefacts: Path) -> None:
    (artefacts / "job_events" / "99-folder.json").mkdir()


def fifo_among_files(artefacts: Path) -> None:
    os.mkfifo(artefacts / "job_events" / "99-fifo.json")


def links_to_nowhere(artefacts: Path) -> None:
    (artefacts / "job_events" / "98-nowhere.json").symlink_to("/nonexistent")
    (artefacts / "job_events" / "99-endless.json").symlink_to("99-endless.json")
    (artefacts / "job_events" / "97-zero.json").symlink_to("/dev/zero")


def only_the_cause(artefacts: Path) -> None:
    cause = _cause(artefacts)
    for file in _files(artefacts):
        if file != cause:
            file.unlink()


def last_truncated(artefacts: Path) -> None:
    last = _files(artefacts)[-1]
    last.write_text(last.read_text()[:40])


def cause_truncated(artefacts: Path) -> None:
    cause = _cause(artefacts)
    text = cause.read_text()
    cause.write_text(text[: text.index('"res"') + 30])


def cause_empty(artefacts: Path) -> None:
    _cause(artefacts).write_text("")


def all_empty(artefacts: Path) -> None:
    for file in _files(artefacts):
        file.write_text("")


def no_folder(artefacts: Path) -> None:
    shutil.rmtree(artefacts / "job_events")


def file_for_folder(artefacts: Path) -> None:
    no_folder(artefacts)
    (artefacts / "job_events").write_text("")


def binary(artefacts: Path) -> None:
    (artefacts / "job_events" / "1-binary.json").write_bytes(bytes(range(256)) * 50)


def other_json(artefacts: Path) -> None:
    for number, text in enumerate(("[]", "3", "null", '"text"', "NaN", '{"event": {}}', "{}")):
        (artefacts / "job_events" / f"{50 + number}-other.json").write_text(text)


def wrong_types(artefacts: Path) -> None:
    wrong: list[dict[str, Any]] = [
        {"event_data": []},
        {"event_data": None},
        {"event": ["runner_on_failed"]},
        {"counter": "seven"},
        {"event_data": {"task": 3, "playbook_uuid": {}, "res": [1]}},
    ]
    for number, changes in enumerate(wrong):
        odd = {**event(60 + number, "runner_on_ok", "odd"), **changes}
        (artefacts / "job_events" / f"{60 + number}-odd.json").write_text(json.dumps(odd))


def earlier_run(artefacts: Path) -> None:
    old = event(500, "runner_on_failed", "An old failure", "run-0", res={"msg": "old"})
    write(artefacts, [old])
    path = artefacts / "job_events" / f"500-{old['uuid']}.json"
    os.utime(path, (1e9, 1e9))


def absurd_counter(artefacts: Path) -> None:
    (artefacts / "job_events" / ("9" * 200 + "-x.json")).write_text("{}")


def absurd_depth(artefacts: Path) -> None:
    (artefacts / "job_events" / "70-deep.json").write_text("[" * 300_000)
    (artefacts / "job_events" / "71-deep.json").write_text('{"a":' * 300 + "1" + "}" * 300)


def renamed(artefacts: Path) -> None:
    _cause(artefacts).rename(artefacts / "job_events" / "lost+found")


def not_utf8(artefacts: Path) -> None:
    cause = _cause(artefacts)
    data = cause.read_bytes()
    at = data.index(b'"res"') + data[data.index(b'"res"') :].index(b"non-zero")
    cause.write_bytes(data[:at] + b"\xff\xfe\x80" + data[at:])


def huge(artefacts: Path) -> None:
    with (artefacts / "job_events" / "80-huge.json").open("wb") as file:
        file.truncate(25_000_000)


def no_stdout(artefacts: Path) -> None:
    (artefacts / "stdout").unlink()


DAMAGES: tuple[Callable[[Path], None], ...] = (
    partial_left_over, partial_instead, partial_and_whole, odd_names, folder_among_files,
    fifo_among_files, links_to_nowhere, only_the_cause, last_truncated, cause_truncated,
    cause_empty, all_empty, no_folder, file_for_folder, binary, other_json, wrong_types,
    earlier_run, absurd_counter, absurd_depth, renamed, not_utf8, huge, no_stdout,
)  # fmt: skip
