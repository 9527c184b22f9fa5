"""The record survives the annotation, chains, and forgets what somebody else has replaced."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from tests.unit.cluster.objects_of import DIGEST, IMAGE, configuration, deployment, installer

from ksimage.cluster.installer import ANNOTATION
from ksimage.cluster.rollout import record
from ksimage.cluster.rollout.leftovers import Leftovers

NEW = f"harbor.lan/kubesphereio/ks-installer@{DIGEST}"
LEFT = Leftovers(env=({"name": "KS_INSTALLER_VERBOSITY", "value": "4"},))


def test_it_comes_back_from_the_annotation() -> None:
    made = record.make(installer(), NEW, "IfNotPresent", LEFT)
    assert record.parse(made.annotation()) == made
    assert made.before.image == IMAGE
    assert made.before.strategy["type"] == "RollingUpdate"
    assert "\n" not in made.annotation()


def rolled_out(times: int) -> record.Record:
    """The record after so many rollouts, one upon the other."""
    found = deployment()
    made = record.make(installer(found), NEW, "", LEFT)
    for number in range(1, times):
        found = deployment(made.after.image, annotations={ANNOTATION: made.annotation()})
        made = record.make(installer(found), f"{NEW[:-2]}{number:02}", "", LEFT)
    return made


def test_rollouts_are_undone_one_by_one_and_not_without_bound() -> None:
    made, depth = rolled_out(9), 1
    earlier = record.from_document(made.document()["earlier"])
    while earlier:
        depth += 1
        earlier = record.from_document(earlier.document()["earlier"])
    assert depth == record.DEPTH
    assert len(made.annotation()) < 20_000


def test_what_kubekey_has_replaced_counts_no_more_but_its_strategy_does() -> None:
    first = record.make(installer(), NEW, "", LEFT)
    found = deployment(IMAGE, annotations={ANNOTATION: first.annotation()})
    found["spec"]["strategy"] = {"type": "Recreate"}  # ours, which outlives kk's apply
    second = record.make(installer(found), NEW, "", LEFT)
    assert second.earlier is None
    assert second.before.image == IMAGE
    assert second.before.strategy["type"] == "RollingUpdate"


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"id": "x"}', '{"id": 1, "before": {}}'])
def test_what_is_no_record(text: str) -> None:
    assert record.parse(text) is None


def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    found = installer(deployment(), configuration(spec={"password": "x"}))
    made = record.make(found, NEW, "", LEFT)
    path = record.write_file(found, made, tmp_path / "new" / "folder")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    content = json.loads(path.read_text())
    assert content["record"]["id"] == made.id
    assert content["configuration"]["spec"] == {"password": "x"}


def test_the_file_lies_where_state_belongs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    found = installer()
    path = record.write_file(found, record.make(found, NEW, "", LEFT))
    assert path.parent == tmp_path / "ksimage"
