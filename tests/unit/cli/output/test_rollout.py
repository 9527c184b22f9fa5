"""What a rollout prints for scripts and for those who type the commands themselves."""

from __future__ import annotations

import shlex

from tests.unit.cli.output.test_documents import DOCUMENTED, differences
from tests.unit.cluster.objects_of import pod

from ksimage.cli.output import rollout as output
from ksimage.cluster.kubectl import Command, Kubectl
from ksimage.inspection.verdict import Proof

COMMAND = Command(("patch", "x", '--patch={"a":"it\'s $HOME"}'), "change it")


def test_the_document_has_the_documented_keys() -> None:
    proofs = [Proof("a", True, "b")]
    made = output.document(Kubectl(), [COMMAND], image="x", dry_run=False, pod=pod(), proofs=proofs)
    assert differences({"schema": "ksimage/v1", **made}, DOCUMENTED["rollout"]) == []


def test_a_printed_command_is_one_that_a_shell_reads_back() -> None:
    comment, line = output.command_lines(Kubectl(), [COMMAND])
    assert comment == "# change it"
    assert shlex.split(line) == Kubectl().argv(*COMMAND.words)


def test_what_a_command_reads_stands_below_it() -> None:
    command = Command(("apply", "--filename=-"), "store it", '{"a": 1}')
    lines = output.command_lines(Kubectl(), [command])
    assert lines[1].endswith("apply --filename=- << 'END'")
    assert lines[2:] == ['{"a": 1}', "END"]
