"""The Role of docs/cluster.md is enough, and each of its verbs is named when it is missing."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.cluster import certificates, manifests
from tests.support.cluster import Images, Installation
from tests.support.program import REPOSITORY, Finished, ksimage

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(1800, func_only=True)]

Rule = dict[str, Any]


def documented() -> list[Rule]:
    page = (REPOSITORY / "docs" / "cluster.md").read_text()
    (block,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    rules: list[Rule] = yaml.safe_load(block)["rules"]
    return rules


@pytest.fixture
def operator(installation: Installation) -> Iterator[Callable[..., Finished]]:
    """Runs ksimage as an account that has a Role's rules and nothing else."""
    name = f"operator-{uuid.uuid4().hex[:8]}"
    keys = installation.bed.place.keys
    kubeconfig = certificates.client(keys, name, f"/CN={name}")
    subject = {"kind": "User", "name": name, "apiGroup": "rbac.authorization.k8s.io"}
    installation.apply(manifests.binding(name, installation.namespace, subject))

    def run(rules: list[Rule], *arguments: str) -> Finished:
        installation.apply(manifests.role(name, installation.namespace, rules))
        env = {"KUBECONFIG": str(kubeconfig)}
        words = (*arguments, "-n", installation.namespace)
        return ksimage(*words, cwd=installation.folder, env=env)

    yield run
    for path in keys.glob(f"{name}.*"):
        path.unlink()


def without(rules: list[Rule], resource: str, verb: str) -> list[Rule]:
    """The rules without one verb; a rule without verbs is none."""
    left = []
    for rule in rules:
        verbs = [v for v in rule["verbs"] if rule["resources"] != [resource] or v != verb]
        left += [{**rule, "verbs": verbs}] if verbs else []
    return left


def test_the_documented_role_is_enough_and_no_verb_is_idle(
    installation: Installation,
    images: Images,
    operator: Callable[..., Finished],
    tmp_path: Path,
) -> None:
    installation.deploy(images.pristine)
    installation.apply(manifests.configuration(installation.namespace, "v3.3.2", {}))
    installation.running()
    installation.until(lambda: not busy(installation), "a quiet installer", 600)
    hook = tmp_path / "hook"
    words = ("render", "v3.3.2", "--from", images.repository, "--as", "configmap", "-o", str(hook))
    ksimage(*words, cwd=tmp_path).ok()

    yes = ("--yes", "--force")
    ways = {
        "deployments": ("rollout", *yes),
        "pods": ("rollout", *yes),
        "pods/exec": ("rollout", *yes),
        "daemonsets": ("rollout", *yes, "--pre-pull"),
        "configmaps": ("rollout", *yes, "--configmap", str(hook)),
    }
    rules = documented()
    named = []
    for rule in rules:
        (resource,), (group,) = rule["resources"], rule["apiGroups"]
        for verb in rule["verbs"]:
            way = ways.get(resource, ("rollout", *yes, "--verbosity", "2"))
            if (resource, verb) == ("configmaps", "delete"):
                way = ("rollout", *yes, "--undo")
                operator(rules, *ways["configmaps"]).ok()
            refused = operator(without(rules, resource, verb), *way, "--output", "json")
            assert refused.code == 16, (resource, verb, refused.stderr)
            error = refused.document["error"]
            assert error["kind"] == "cluster-forbidden"
            assert f"may not {verb} {resource} " in error["message"], (resource, verb)
            assert f'apiGroups: ["{group}"]' in error["advice"][0]
            named.append(f"{verb} {resource}")
    assert len(named) == 13

    operator(rules, "rollout", *yes, "--pre-pull").ok()
    operator(rules, "rollout", *yes, "--undo").ok()
    status = operator(rules, "status", "--output", "json")
    assert json.loads(status.stdout)["image"]["asked"] == images.pristine


def busy(installation: Installation) -> bool:
    words = ("exec", "deploy/ks-installer", "--", "ps", "-e", "-o", "args")
    told = installation.kubectl(*words, check=False)
    return "installRunner.py" in told or "ansible" in told or not told
