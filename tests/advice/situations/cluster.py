"""A cluster as kubectl shows it: a program in its place says what kubectl has been seen to say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.advice.situation import Words, image, place, program, situation
from tests.unit.cluster.objects_of import configuration, deployment, pod_object

KUBECTL = ("--kubectl", "./kubectl")
STATUS = ("status", *KUBECTL)
OTHER = {"FILE": "good", "NAME": "good", "PATH": "./better"}
NOTHING = (
    "case \"$*\" in *' get pods '*) echo '{\"items\": []}'; exit 0;; esac\n"
    "echo 'Error from server (NotFound): deployments.apps \"ks-installer\" not found' >&2; exit 1"
)
VERSION = '{"gitVersion": "v1.20.2"}'
VERSIONS = f'echo \'{{"clientVersion": {VERSION}, "serverVersion": {VERSION}}}\'; exit 0'


def kubectl(folder: Path, code: str, *, well: str = "kubeconfig=good") -> None:
    """``./kubectl`` runs ``code`` unless it is called in a way in which all is well."""
    good = f'case "$*" in *{well}*) {NOTHING};; esac'
    program(folder, "better", NOTHING)
    program(folder, "kubectl", f"{good}\n{code}")


def says(folder: Path, words: str) -> Words:
    (folder / "said").write_text(f"{words}\n")
    kubectl(folder, f"cat {folder}/said >&2; exit 1")
    return STATUS


def shows(folder: Path, *, cc: dict[str, Any] | None = None, **objects: Any) -> None:
    """``./kubectl`` has these objects, each under its kind."""
    (folder / "cc").write_text(json.dumps(configuration() if cc is None else cc))
    (folder / "deployment").write_text(json.dumps(objects.get("deployment") or deployment()))
    pods = objects.get("pods", [pod_object()])
    (folder / "pods").write_text(json.dumps({"items": pods}))
    lines = [f'*" get {kind}"*) cat {folder}/{name}; exit 0;;' for kind, name in (
        ("deployment.apps", "deployment"), ("clusterconfigurations", "cc"), ("pods", "pods"),
    )]  # fmt: skip
    cases = "\n".join(lines)
    program(
        folder,
        "kubectl",
        f'case "$*" in\n*version*) {VERSIONS};;\n{cases}\n*" exec "*) exit 1;;\nesac\n{NOTHING}',
    )


@situation("cluster-unreachable", places=OTHER)
def api_server_is_down(folder: Path) -> Words:
    return says(
        folder,
        "The connection to the server 10.0.0.1:6443 was refused - did you specify the right host?",
    )


@situation("cluster-login", places=OTHER)
def expired(folder: Path) -> Words:
    return says(folder, "error: You must be logged in to the server (Unauthorized)")


@situation("cluster-forbidden", "a Role needs:")
def may_not(folder: Path) -> Words:
    words = 'deployments.apps "ks-installer" is forbidden: User "u" cannot get resource'
    return says(
        folder,
        f'Error from server (Forbidden): {words} "deployments" in API group "apps" in the'
        ' namespace "kubesphere-system"',
    )


@situation("cluster-refused")
def no_name_for_it(folder: Path) -> Words:
    return says(folder, "it is Tuesday")


@situation("kubeconfig-unusable", places=OTHER)
def no_such_context(folder: Path) -> Words:
    return says(folder, 'error: context "x" does not exist')


@situation("kubectl-missing", "on a machine that kk set up", places=OTHER)
def no_kubectl(folder: Path) -> Words:
    program(folder, "better", NOTHING)
    return ("status", "--kubectl", "./none")


@situation("cluster-slow", places={"SECONDS": "9"})
def no_answer_in_time(folder: Path) -> Words:
    words = "Unable to connect to the server: context deadline exceeded"
    kubectl(folder, f"echo '{words}' >&2; exit 1", well="request-timeout=9s")
    return (*STATUS, "--request-timeout", "1")


@situation("cluster-answer-cut")
def half_an_answer(folder: Path) -> Words:
    kubectl(folder, f"[ -e {folder}/cut ] && {{ {NOTHING}; }}; touch {folder}/cut; echo '{{'")
    return STATUS


@situation("kubectl-old", places=OTHER)
def of_another_age(folder: Path) -> Words:
    old = VERSIONS.replace("1.20.2", "1.14.9")
    shows(folder)
    program(folder, "better", VERSIONS.replace("exit 0", "") + NOTHING)
    text = (folder / "kubectl").read_text()
    (folder / "kubectl").write_text(text.replace(VERSIONS, old))
    return ("rollout", "harbor.lan/x/y:z", "--yes", *KUBECTL)


@situation("installer-missing", "KubeSphere v4", places={"NAME": "other", "FILE": "good"})
def nothing_there(folder: Path) -> Words:
    shows(folder)
    found = (folder / "kubectl").read_text()
    elsewhere = f'case "$*" in *namespace=other*|*kubeconfig=good*) ;; *) {NOTHING};; esac'
    (folder / "kubectl").write_text(found.replace("\n", f"\n{elsewhere}\n", 1))
    return STATUS


@situation("installer-unwell")
def pod_cannot_be_entered(folder: Path) -> Words:
    shows(folder)
    return STATUS


@situation("rollout-nothing-to-undo", "what it asked for before")
def nothing_rolled_out(folder: Path) -> Words:
    shows(folder)
    return ("rollout", "--undo", "--yes", *KUBECTL)


@situation("component-unknown", "it has:")
def no_such_component(folder: Path) -> Words:
    shows(folder)
    return ("rollout", "--component", "monitorin", "--yes", *KUBECTL)


@situation("cluster-missing")
def no_configuration_there(folder: Path) -> Words:
    shows(folder)
    text = (folder / "kubectl").read_text()
    (folder / "kubectl").write_text(text.replace('" get clusterconfigurations"', '"never"'))
    return ("rollout", "--component", "monitoring", "--yes", *KUBECTL)


@situation("mount-unusable", places={"RELEASE": "v3.3.2", "DIR": "made"})
def an_empty_folder(folder: Path) -> Words:
    shows(folder)
    (folder / "hook").mkdir()
    image(folder)
    place.env.setenv("KSIMAGE_SOURCE", "oci:image")
    return ("rollout", "--configmap", "hook", "--yes", *KUBECTL)


@situation("nothing-collected")
def nothing_to_be_had(folder: Path) -> Words:
    place.env.setenv("HOME", str(folder))
    says(folder, "it is Tuesday")
    return ("collect", "-o", "bundle.tar.gz", *KUBECTL)
