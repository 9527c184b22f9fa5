"""Which image kk deploys, and under which names it pushes one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.upstream.kubekey.rules import Project, Pushing

if TYPE_CHECKING:
    from ksimage.upstream.kubekey.labels import Label
    from ksimage.upstream.kubekey.rules import Rules

NAME: Final = "ks-installer"
MIRROR: Final = "registry.cn-beijing.aliyuncs.com/kubesphereio"


class Registry(NamedTuple):
    """``spec.registry`` of a configuration, as far as images depend on it.

    Attributes:
        host: privateRegistry; kk takes it as it is, with a path if one is in it.
        override: namespaceOverride.
        kind: type: "harbor", "docker-registry" or "" (the same).
        rewrite_from, rewrite_to: namespaceRewrite's src and dest; both empty without one.
    """

    host: str = ""
    override: str = ""
    kind: str = ""
    rewrite_from: tuple[str, ...] = ()
    rewrite_to: str = ""


def repository(rules: Rules, registry: Registry, label: Label, *, zone: str = "") -> str:
    """The repository that kk deploys ks-installer from.

    Args:
        zone: the environment variable KKZONE.
    """
    # The table of mirrored releases is looked up with the version as it was padded.
    mirrored = zone == "cn" and label.tag in rules.mirrored
    if mirrored and (rules.zone_wins or not registry.host):
        return f"{MIRROR}/{NAME}"
    if registry.host:
        namespace = registry.override if rules.override and registry.override else "kubesphere"
        return f"{registry.host}/{namespace}/{NAME}"
    return f"{'kubespheredev' if _development(rules, label) else 'kubesphere'}/{NAME}"


def _development(rules: Rules, label: Label) -> bool:
    """Whether kk looks in Docker Hub's project for unreleased versions."""
    if rules.push is not Pushing.NEVER:  # v2 and later; a label that was padded is released again
        return bool(label.tag) and not label.stable
    if "latest" in label.tag or (rules.zone_line and label.tag.startswith("nightly-")):
        return True
    return rules.runtime_line and any(word in label.tag for word in ("alpha", "rc", "release"))


def pushed_namespace(rules: Rules, registry: Registry, own: str) -> str:
    """The namespace that kk pushes an image of its artifact to.

    Args:
        own: the namespace that the image has in the artifact.
    """
    if rules.project is Project.OVERRIDE:
        return registry.override or own or "library"
    if rules.project is Project.REWRITE and registry.rewrite_to:
        # The last of the sources that is found wins; an empty one counts as none.
        found = ["", *(source for source in registry.rewrite_from if source in own)][-1]
        if not found:
            return f"{registry.rewrite_to}/{own}"
        return own.replace(found, registry.rewrite_to)
    return own or "library"
