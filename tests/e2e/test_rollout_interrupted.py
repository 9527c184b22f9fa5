"""Ctrl-C at every step of a rollout and of an undo: the state is told, and the next run goes on.

The steps and what is told stand in docs/cluster.md, in this order; a test compares.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import pytest
from tests.e2e.test_rollout import image_of, kubectl, record_of, roll_out
from tests.support.cluster import Images, Installation
from tests.support.kubectl_proxy import KubectlProxy
from tests.support.program import REPOSITORY

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300, func_only=True)]

__all__ = ["kubectl"]


class Step(NamedTuple):
    """Where Ctrl-C comes. ``undoing``: of an undo; else of a rollout with ``flags``."""

    name: str
    rule: dict[str, Any]
    left: str
    flags: tuple[str, ...] = ()
    undoing: bool = False


NOTHING = "nothing was changed"
UNTOUCHED = "the installer was not touched"
GOES_ON = "the Deployment may ask for"
BACK = "the image of before may be back already"

STEPS = [
    Step("looking at the cluster", {"match": "get deployment", "interrupt": "before"}, NOTHING),
    Step("looking into the pod", {"match": " exec ", "interrupt": "after"}, NOTHING),
    Step(
        "every node pulls",
        {"match": "create", "interrupt": "after"},
        UNTOUCHED,
        ("--pre-pull",),
    ),
    Step("the patch is about to be sent", {"match": "patch", "interrupt": "before"}, GOES_ON),
    Step("the patch is sent", {"match": "patch", "interrupt": "after"}, GOES_ON),
    Step("the new pod comes up", {"match": "get pods", "nth": 2, "interrupt": "before"}, GOES_ON),
    Step("the proof", {"match": " exec ", "nth": 2, "interrupt": "before"}, GOES_ON),
    Step(
        "stopped, not started yet (--way scale)",
        {"match": "patch", "interrupt": "after"},
        GOES_ON,
        ("--way", "scale"),
    ),
    Step(
        "undo: the image is put back",
        {"match": "patch", "interrupt": "after"},
        BACK,
        undoing=True,
    ),
    Step(
        "undo: the pod of before comes up",
        {"match": "get pods", "nth": 2, "interrupt": "before"},
        BACK,
        undoing=True,
    ),
    Step(
        "undo: the record is about to end",
        {"match": "patch", "nth": 2, "interrupt": "before"},
        BACK,
        undoing=True,
    ),
]


def test_the_documented_steps_are_these() -> None:
    page = (REPOSITORY / "docs" / "cluster.md").read_text()
    section = page.partition("## Interrupted")[2].partition("\n## ")[0]
    rows = re.findall(r"(?m)^\| (.+?) \| (.+?) \| .+? \|$", section)[1:]
    assert [row[0] for row in rows] == [step.name for step in STEPS]
    for (_, told), step in zip(rows, STEPS, strict=True):
        assert step.left in told


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_each_step(
    installation: Installation, images: Images, kubectl: KubectlProxy, step: Step
) -> None:
    installation.deploy(images.pristine)
    before = installation.json("get", "deployment", "ks-installer")["spec"]
    installation.running()
    if step.undoing:
        roll_out(installation, kubectl=kubectl).ok()
    kubectl.rules(step.rule)
    flags = ("--undo",) if step.undoing else step.flags
    cut = roll_out(installation, *flags, kubectl=kubectl)
    assert cut.code == 130, cut.stderr
    assert step.left in cut.stderr
    assert not daemonsets(installation)
    if step.left in (NOTHING, UNTOUCHED):
        assert image_of(installation) == images.pristine

    kubectl.rules()
    if not step.undoing:
        roll_out(installation, kubectl=kubectl).ok()
        assert image_of(installation) == images.by_digest
    roll_out(installation, "--undo", kubectl=kubectl).ok()
    assert record_of(installation) is None
    assert installation.json("get", "deployment", "ks-installer")["spec"] == before
    installation.running()


def daemonsets(installation: Installation) -> str:
    return installation.kubectl("get", "daemonsets", "-o", "name")
