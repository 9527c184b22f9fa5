"""The answers: what a kk will do with a configuration, in words, each with its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ksimage.upstream.kubekey import cautions, edits, image, labels, rules, sources
from ksimage.upstream.kubekey.model import Answers, Statement
from ksimage.upstream.kubekey.rules import Project, Pushing

if TYPE_CHECKING:
    from ksimage.upstream.kubekey.config import Configuration
    from ksimage.upstream.kubekey.labels import Label
    from ksimage.upstream.kubekey.model import Circumstances
    from ksimage.upstream.kubekey.rules import Rules

SCRIPT_PROJECTS: Final = frozenset(
    (
        "library", "kubesphere", "calico", "coredns", "openebs", "csiplugin", "minio",
        "mirrorgooglecontainers", "osixia", "prom", "thanosio", "jimmidyson", "grafana", "elastic",
        "istio", "jaegertracing", "jenkins", "weaveworks", "openpitrix", "joosthofman",
        "nginxdemos", "fluent", "kubeedge",
    )
)  # fmt: skip
"""What ks-installer's scripts/create_project_harbor.sh creates (v3.2 to v3.4)."""


def answer(config: Configuration, circumstances: Circumstances) -> Answers:
    """What this kk does with this configuration."""
    version = circumstances.version
    found = rules.of(version)
    installer = config.installer
    label = (
        labels.judge(found, installer.label, string=installer.string)
        if installer
        else labels.Label("", False, why="there is no ClusterConfiguration")
    )
    repository = ""
    if label.accepted:
        repository = image.repository(found, config.registry, label, zone=circumstances.zone)
    pushed = _pushed(found, config, circumstances)
    projects = _projects(config, repository, pushed)
    plan = labels.upgrade(found, label)
    altered = edits.changes(found, config, label, zone=circumstances.zone) if label.accepted else ()
    result = Answers(
        version, found, label, repository, pushed, projects,
        tuple(name for name in projects if name not in SCRIPT_PROJECTS), plan, altered, (), (),
        bool(config.registry.host),
    )  # fmt: skip
    return result._replace(
        answers=tuple(_answers(config, result)),
        warnings=tuple(cautions.of(config, circumstances, result)),
    )


def _pushed(found: Rules, config: Configuration, circumstances: Circumstances) -> str:
    if found.push is not Pushing.LAYOUT or not config.registry.host:
        return ""
    if not circumstances.namespace and not (
        found.project is Project.OVERRIDE and config.registry.override
    ):
        return ""
    namespace = image.pushed_namespace(found, config.registry, circumstances.namespace)
    return f"{config.registry.host}/{namespace}/{image.NAME}"


def _projects(config: Configuration, *repositories: str) -> tuple[str, ...]:
    """The first component below the registry's host, of each repository in the own registry."""
    host = config.registry.host
    inside = [name for name in repositories if host and name.startswith(f"{host}/")]
    return tuple(dict.fromkeys(name.split("/")[1] for name in inside))


def _answers(config: Configuration, result: Answers) -> list[Statement]:
    version, found, label = result.version, result.rules, result.label
    goes_on = label.accepted or config.installer is None
    given = [
        ("label", "label", _label(config, label)),
        ("image", "image", result.image or "none: kk deploys no ks-installer"),
        ("pull", "policy", _pull(found)),
        ("push", "push", _push(config, result) if goes_on else ""),
        ("projects", "push", _project_text(config, result)),
        ("upgrade", "upgrade", result.upgrade.text if label.accepted else ""),
        ("edits", "edits", _edits(result) if goes_on else ""),
        ("wait", "wait", _wait(found)),
    ]
    return [Statement(key, text, sources.cite(fact, version)) for key, fact, text in given if text]


def _label(config: Configuration, label: Label) -> str:
    if config.installer is None:
        return "there is no ClusterConfiguration: kk installs no KubeSphere from this file"
    if not label.accepted:
        return f"{label.text or 'none'} is refused: {label.why}"
    return f"{label.text or 'none'} is accepted" + (f": {label.why}" if label.why else "")


def _pull(found: Rules) -> str:
    if found.pull_policy == "Always":
        return "Always: each start of the pod asks the registry what the tag holds"
    return "IfNotPresent: a node that has the tag already never pulls it again"


def _push(config: Configuration, result: Answers) -> str:
    found, label = result.rules, result.label
    if found.push is Pushing.NEVER:
        return "kk pushes no images: it has no artifacts yet"
    if not config.registry.host:
        return "kk pushes nothing, for privateRegistry is empty"
    where = result.pushed or f"{config.registry.host}/<namespace in the artifact>/{image.NAME}"
    what = "over the names in the artifact" + (
        f", {where}:<release>-<arch> and the list :<release>"
        if found.push is Pushing.LAYOUT
        else ""
    )
    safe = (
        f"{label.tag} is none of them and stays as it is"
        if label.own and label.tag
        else f"{label.tag or 'the release'} is one of them unless --skip-push-images is given"
    )
    return f"create cluster with -a ARTIFACT pushes {what}; {safe}; without -a it pushes nothing"


def _project_text(config: Configuration, result: Answers) -> str:
    if not config.registry.host or not result.projects:
        return ""
    names = ", ".join(result.projects)
    if config.registry.kind != "harbor":
        return f"{names}: needed only where {config.registry.host} is a Harbor"
    text = f"{names} must exist in Harbor: kk creates no projects"
    if result.missing:
        text += f"; upstream's create_project_harbor.sh leaves out {', '.join(result.missing)}"
    return text


def _edits(result: Answers) -> str:
    if not result.changes:
        return ""
    deleted = sum(change.after is None for change in result.changes)
    return (
        f"kk's sed deletes {deleted} and rewrites {len(result.changes) - deleted} lines of the"
        " ClusterConfiguration before it is applied"
    )


def _wait(found: Rules) -> str:
    pace = f"every {found.poll} s" if found.poll else "without a pause"
    minutes = found.patience // 60
    limit = f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
    return (
        f"kk looks {pace} for a file in the first pod with app={found.pod_label}, for up to"
        f" {limit}; the file says that the installer ended, not that it succeeded"
    )
