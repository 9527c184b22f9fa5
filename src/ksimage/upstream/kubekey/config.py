"""kk's configuration: what of it decides about ks-installer. Logins in it are never looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import yaml

from ksimage.errors import KubekeyConfigBroken
from ksimage.upstream.kubekey.file.documents import at, is_text, split, text_at
from ksimage.upstream.kubekey.image import Registry

if TYPE_CHECKING:
    from ksimage.upstream.kubekey.file.documents import YamlDocument

CLUSTER: Final = "Cluster"
INSTALLERS: Final = ("ClusterConfiguration", "ConfigMap")
"""Kinds that kk takes for the configuration of ks-installer (ConfigMap: KubeSphere 2.1)."""

API: Final = "kubekey.kubesphere.io/"


class InstallerConfig(NamedTuple):
    """The document for ks-installer.

    Attributes:
        document: where it is in the file.
        kind: one of INSTALLERS.
        label: metadata.labels.version, "" without one.
        string: whether YAML reads the label as text.
        has_labels: whether metadata.labels is there; kk panics without it.
        verbosity: spec.debug.verbosity, or "".
    """

    document: YamlDocument
    kind: str
    label: str
    string: bool
    has_labels: bool
    verbosity: str = ""


class Configuration(NamedTuple):
    """A configuration file.

    Attributes:
        place: its name in messages.
        cluster: the document of kind Cluster that counts, the last one; None without.
        api: its version, such as ``v1alpha2``, or what is written there instead.
        kubernetes: Kubernetes version, or "".
        runtime: containerManager, or "".
        etcd: etcd.type, or "".
        endpoints: etcd.external.endpoints.
        etcd_hosts: number of hosts with the role etcd.
        registry: spec.registry.
        installer: the document for ks-installer, the last one; None without.
        notes: what is odd about the file as such.
    """

    place: str
    cluster: YamlDocument | None
    api: str
    kubernetes: str
    runtime: str
    etcd: str
    endpoints: tuple[str, ...]
    registry: Registry
    installer: InstallerConfig | None
    notes: tuple[str, ...] = ()


def parse(data: bytes, place: str) -> Configuration:
    """Read a configuration.

    Raises:
        KubekeyConfigBroken: no YAML, or neither a Cluster nor a ClusterConfiguration in it.
    """
    documents = split(data, place)
    clusters = [document for document in documents if _kind(document) == CLUSTER]
    installers = [document for document in documents if _kind(document) in INSTALLERS]
    if not clusters and not installers:
        raise KubekeyConfigBroken(
            place, "it has no document of kind Cluster, and none of kind ClusterConfiguration"
        )
    cluster = clusters[-1] if clusters else None
    root = cluster.root if cluster else None
    spec = at(root, "spec")
    return Configuration(
        place=place,
        cluster=cluster,
        api=text_at(root, "apiVersion").removeprefix(API),
        kubernetes=text_at(spec, "kubernetes", "version"),
        runtime=text_at(spec, "kubernetes", "containerManager"),
        etcd=text_at(spec, "etcd", "type"),
        endpoints=_texts(at(spec, "etcd", "external", "endpoints")),
        registry=_registry(at(spec, "registry")),
        installer=_installer(installers[-1]) if installers else None,
        notes=_notes(documents, clusters, installers),
    )


def _kind(document: YamlDocument) -> str:
    return text_at(document.root, "kind")


def _registry(node: yaml.Node | None) -> Registry:
    rewrite = at(node, "namespaceRewrite")
    changes = text_at(rewrite, "policy") == "changePrefix"
    return Registry(
        host=text_at(node, "privateRegistry"),
        override=text_at(node, "namespaceOverride"),
        kind=text_at(node, "type"),
        rewrite_from=_texts(at(rewrite, "src")) if changes else (),
        rewrite_to=text_at(rewrite, "dest") if changes else "",
    )


def _installer(document: YamlDocument) -> InstallerConfig:
    root = document.root
    label = at(root, "metadata", "labels", "version")
    return InstallerConfig(
        document=document,
        kind=_kind(document),
        label=text_at(root, "metadata", "labels", "version"),
        string=label is None or is_text(label),
        has_labels=at(root, "metadata", "labels") is not None,
        verbosity=text_at(root, "spec", "debug", "verbosity"),
    )


def _texts(node: yaml.Node | None) -> tuple[str, ...]:
    if not isinstance(node, yaml.SequenceNode):
        return ()
    return tuple(str(item.value) for item in node.value if isinstance(item, yaml.ScalarNode))


def _notes(
    documents: tuple[YamlDocument, ...],
    clusters: list[YamlDocument],
    installers: list[YamlDocument],
) -> tuple[str, ...]:
    notes = []
    for kind, found in ((CLUSTER, clusters), (INSTALLERS[0], installers)):
        if len(found) > 1:
            lines = ", ".join(str(document.first) for document in found)
            notes.append(
                f"there are {len(found)} documents of kind {kind} (lines {lines}); the"
                " last one counts"
            )
    for document in documents:
        if document.hidden:
            notes.append(
                f"kk never reads what follows line {document.hidden}: there, `---` does not stand"
                " alone on its line"
            )
        if document.twice:
            names = ", ".join(sorted(set(document.twice))[:5])
            notes.append(
                f"in the document of line {document.first} these keys stand twice: {names}"
                " (kk before v3.1 takes the last, later ones refuse the file)"
            )
    return tuple(notes)
