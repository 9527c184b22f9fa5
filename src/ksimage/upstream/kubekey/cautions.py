"""Warnings about a configuration: what will fail, or will not do what it looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ksimage.upstream.kubekey import edits
from ksimage.upstream.kubekey.rules import Project, Pushing
from ksimage.upstream.kubekey.versions import LATEST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ksimage.upstream.kubekey.config import Configuration
    from ksimage.upstream.kubekey.model import Answers, Circumstances

_SED_WORDS = ("zone", "local_registry", "namespace_override", "containerruntime", "endpointIps")


def of(config: Configuration, circumstances: Circumstances, result: Answers) -> Iterator[str]:
    """All warnings, the worst first."""
    yield from _refusals(config, result)
    yield from _places(config, circumstances, result)
    yield from _artifact(circumstances, result)
    yield from edits.surprises(result.changes)
    yield from _versions(config, result)
    yield from config.notes


def _refusals(config: Configuration, result: Answers) -> Iterator[str]:
    installer, label, found = config.installer, result.label, result.rules
    if installer is not None and not installer.has_labels:
        yield "kk panics: the ClusterConfiguration has no metadata.labels"
    elif installer is not None and not label.accepted:
        yield f"kk refuses the label {label.text!r}: {label.why}"
    elif label.accepted and not label.tag:
        yield f"kk would deploy an image without a tag: {label.why}"
    support = found.support.get(label.release)
    if support and config.kubernetes and not support.runs_on(config.kubernetes):
        yield (
            f"KubeSphere {label.release} is for Kubernetes {support.kubernetes}, not"
            f" {config.kubernetes[:40]}: kk installs it, and refuses the next upgrade"
        )


def _places(config: Configuration, circumstances: Circumstances, result: Answers) -> Iterator[str]:
    registry, label, found = config.registry, result.label, result.rules
    if label.own and label.tag and not registry.host:
        yield (
            f"without privateRegistry kk looks for the tag {label.tag} on Docker Hub, in"
            f" {result.repository}"
        )
    if (
        circumstances.zone == "cn"
        and found.zone_wins
        and registry.host
        and label.tag in found.mirrored
    ):
        yield "with KKZONE=cn this kk ignores privateRegistry and deploys from the Chinese mirror"
    if registry.override and not found.override:
        yield f"kk {result.version} does not know namespaceOverride: images are in kubesphere/"
    if registry.override and found.project is not Project.OVERRIDE and registry.host:
        yield (
            f"kk {result.version} deploys from {registry.override}/ but pushes an artifact's images"
            " to the namespaces they have in it: namespaceOverride is not used for the push"
        )
    if result.repository:
        line = f"        image: {result.image}"
        for word in _SED_WORDS:
            if word == "zone" and circumstances.zone == "cn" and label.tag in found.mirrored:
                continue
            if word in line and (word != "zone" or found.zone_line):
                yield (
                    f"the image's name holds {word!r}: kk's sed will damage the line that names it"
                    " in the Deployment"
                )
    if label.stable and registry.host and found.pull_policy != "Always":
        yield (
            f"nodes that ran {label.tag} before keep that image, whatever the tag holds now: a tag"
            " of its own is safer"
        )


def _artifact(circumstances: Circumstances, result: Answers) -> Iterator[str]:
    found = result.rules
    if found.push is not Pushing.LAYOUT:
        return
    if found.list_first:
        yield (
            f"the push of kk {result.version} is broken (mended in v3.1.4): it writes each"
            " platform's image to the plain tag, and the list finds no <tag>-<arch>"
        )
    for ref in circumstances.artifact_refs:
        full = "/" in ref
        if full != found.full_refs:
            other = "v3.1.2 or later" if full else "v3.1.1 or earlier"
            yield f"the artifact was made by kk {other}: kk {result.version} refuses {ref!r} in it"
            return


def _versions(config: Configuration, result: Answers) -> Iterator[str]:
    version, found = result.version, result.rules
    if not version.released:
        if version.suffix:
            yield f"kk {version} is no release: the rules are those of its release"
        elif version.numbers > LATEST.numbers:
            yield f"kk {version} is newer than these rules, which are those of {LATEST}"
        else:
            yield f"kk {version} was never released: the rules are those of the one before"
    if found.rewrites_file:
        yield (
            "leave out --with-kubernetes: this kk runs sed on the configuration file, and every"
            " line with `version` in it gets that value, the label as well"
        )
    wanted = "v1alpha1" if version.major == 1 else "v1alpha2"
    if config.cluster is not None and config.api != wanted:
        yield (
            f"the Cluster is written as {config.api[:40] or 'no version'}; kk {version} reads it as"
            f" {wanted} without a word, and ignores what it does not know"
        )
