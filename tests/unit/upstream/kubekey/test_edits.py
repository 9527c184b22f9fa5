"""The simulation of kk's sed, with sed as its judge."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import requires

from ksimage.upstream.kubekey import config, edits, labels, rules, versions
from ksimage.upstream.kubekey.edits import Edit

WORDS = ("zone", "local_registry", "namespace_override", "endpointIps", "tlsEnable", "2379")
PIECES = ["a", ":", " ", "#", "-", "{", "é", *WORDS, "containerruntime"]
LINES = st.lists(st.sampled_from(PIECES), min_size=1, max_size=12).map("".join)


def expression(edit: Edit) -> str:
    """As kk writes it (kubesphere/tasks.go, Setup)."""
    value = (edit.value or "").replace("/", "\\/")
    if edit.old:
        return f"s/{edit.old}/{value}/g"
    if edit.value is None:
        return f"/{edit.pattern}/d"
    return f"/{edit.pattern}/s/\\:.*/\\: {value}/g"


def sed(lines: list[str], found: list[Edit]) -> list[str]:
    """What sed makes of the lines, one expression after the other, as kk runs them."""
    program = requires.program("sed")
    text = "".join(f"{line}\n" for line in lines)
    for edit in found:
        result = subprocess.run(
            [program, expression(edit)], input=text, capture_output=True, text=True, check=True
        )
        text = result.stdout
    return text.splitlines()


def simulated(lines: list[str], found: list[Edit]) -> list[str]:
    result = []
    for line in lines:
        after: str | None = line
        for edit in found:
            after = edit.apply(after) if after is not None else None
        if after is not None:
            result.append(after)
    return result


SITUATIONS = [
    ("harbor-airgap", "v3.0.13", ""),
    ("harbor-airgap", "v1.0.2", ""),
    ("aliyun", "v3.1.12", "cn"),
    ("external-etcd", "v2.1.0", ""),
    ("registry-path", "v3.1.12", ""),
    ("surprising-lines", "v2.3.2", ""),
    ("kubernetes-only", "v3.1.12", ""),
]
FOLDER = Path(__file__).parent / "configs"


def edits_of(name: str, version: str, zone: str) -> tuple[config.Configuration, list[Edit]]:
    found = config.parse((FOLDER / f"{name}.yaml").read_bytes(), name)
    known = rules.of(versions.parse(version))
    label = labels.judge(known, found.installer.label if found.installer else "")
    return found, edits.of(known, found, label, zone=zone)


@given(st.sampled_from(SITUATIONS), st.lists(LINES, max_size=8))
def test_any_lines(situation: tuple[str, str, str], lines: list[str]) -> None:
    _, found = edits_of(*situation)
    assert simulated(lines, found) == sed(lines, found)


@pytest.mark.parametrize("name", [path.stem for path in sorted(FOLDER.glob("*.yaml"))])
def test_whole_files(name: str) -> None:
    found, applied = edits_of(name, "v3.1.12", "")
    if found.installer is None:
        return
    lines = found.installer.document.text.replace("\r\n", "\n").split("\n")
    known = rules.of(versions.parse("v3.1.12"))
    label = labels.judge(known, found.installer.label, string=found.installer.string)
    changed = edits.changes(known, found, label)
    rebuilt = dict(enumerate(lines, found.installer.document.first))
    for change in changed:
        assert rebuilt[change.line] == change.before
        rebuilt[change.line] = "\0" if change.after is None else change.after
    ours = [line for line in rebuilt.values() if line != "\0"]
    judged = sed(lines, applied)
    assert [line for line in ours if line] == [line for line in judged if line]


def test_meant_lines_are_no_surprise() -> None:
    found, _ = edits_of("surprising-lines", "v3.0.13", "")
    known = rules.of(versions.parse("v3.0.13"))
    changed = edits.changes(known, found, labels.judge(known, "v3.3.2"))
    assert [change.line for change in changed if not change.meant] == [89, 90, 92, 93]
    assert len(edits.surprises(changed)) == 3  # one of the four is a comment
