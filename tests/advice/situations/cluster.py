"""A cluster as kubectl shows it: a program in its place says what kubectl has been seen to say."""

from __future__ import annotations

import hashlib
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
        f'case "$*" in\n*version*) {VERSIONS};;\n{cases}\n'
        f'*" exec "*) {objects.get("inside", "exit 1")};;\nesac\n{NOTHING}',
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


def state(folder: Path, *busy: float) -> str:
    """For a shell: what the program that looks into the pod would print."""
    seen = {"hook": "0" * 64, "hooks": busy, "now": 100.0, "runs": [], "stray": [], "env": {}}
    line = json.dumps({**seen, "playbooks": [["monitoring", 90.0]] if busy else []})
    digest = hashlib.sha256(line.encode()).hexdigest()
    (folder / "state").write_text(f"{line}\t{digest}\n")
    return f"cat > {folder}/in; cat {folder}/state; exit 0"


@situation("installer-foreign")
def upstreams_installer(folder: Path) -> Words:
    shows(folder, inside=state(folder))
    return STATUS


@situation("rollout-refused")
def an_installation_runs(folder: Path) -> Words:
    shows(folder, inside=state(folder, 50.0))
    return ("rollout", "--component", "monitoring", "--yes", *KUBECTL)


@situation("cluster-conflict")
def somebody_else_was_faster(folder: Path) -> Words:
    shows(folder)
    words = "Error from server (Conflict): the object has been modified"
    once = f"if [ ! -e {folder}/once ]; then touch {folder}/once; echo '{words}' >&2; exit 1; fi"
    found = (folder / "kubectl").read_text()
    patch = f'*" patch "*) {once}; exit 0;;\n*version*)'
    (folder / "kubectl").write_text(found.replace("*version*)", patch, 1))
    return ("rollout", "--component", "monitoring", "--yes", *KUBECTL)


@situation("pod-lost")
def pod_goes_away(folder: Path) -> Words:
    shows(folder, inside="echo 'error: connection lost' >&2; exit 1")
    return ("watch", "--patience", "1", *KUBECTL)


@situation("follow-refused", places={"POD": "ks-installer-1 --patience 1"})
def pod_without_python(folder: Path) -> Words:
    words = 'exec: "python3": executable file not found in $PATH'
    refused = f"case \"$*\" in *other*) echo '{words}' >&2; exit 1;; esac; echo lost >&2; exit 1"
    shows(folder, inside=refused, pods=[pod_object(), pod_object("other-1")])
    return ("watch", "other-1", "--patience", "1", *KUBECTL)


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


@situation("cannot-gather", needs="small_disk", places={"=DIR": "=/tmp"})
def disk_fills_while_gathering(folder: Path) -> Words:
    shows(folder)
    words = (folder / "kubectl").read_text()
    log = "*' logs '*) head -c 300000 /dev/urandom | base64; exit 0;;\n*version*)"
    (folder / "kubectl").write_text(words.replace("*version*)", log, 1))
    place.env.setenv("TMPDIR", str(place.running))
    place.env.setattr("tempfile.tempdir", None)
    return ("collect", "-o", "bundle.tar.gz", *KUBECTL)
