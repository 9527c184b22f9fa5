"""From a patched image to what a configuration must say for kk to deploy it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from ksimage.errors import KubekeyConfigNotEditable
from ksimage.upstream.kubekey import image, labels
from ksimage.upstream.kubekey.file import change
from ksimage.upstream.kubekey.file.change import Wanted

if TYPE_CHECKING:
    from ksimage.upstream.kubekey.config import Configuration
    from ksimage.upstream.kubekey.rules import Rules


def write(
    data: bytes, found: Configuration, rules: Rules, reference: str | None, verbosity: int | None
) -> bytes:
    """The whole file with the wanted values; the same bytes when it has them already.

    Args:
        data: the file, from which ``found`` was read.
        reference: ``HOST/NAMESPACE/ks-installer:TAG``, without a digest; None leaves all as it is.
        verbosity: for spec.debug.verbosity, which the patched installer reads; None leaves it.

    Raises:
        KubekeyConfigNotEditable: kk cannot be made to deploy that image, or a value cannot be set.
    """
    cluster: list[Wanted] = []
    installer: list[Wanted] = []
    if reference is not None:
        host, namespace, tag = _parts(found.place, reference)
        _check(found, rules, namespace, tag)
        cluster = _registry(found, rules, host, namespace)
        if found.installer is None or found.installer.label != tag or not found.installer.string:
            installer.append(Wanted(("metadata", "labels", "version"), tag))
    if verbosity is not None and (
        found.installer is None or found.installer.verbosity != str(verbosity)
    ):
        installer.append(Wanted(("spec", "debug", "verbosity"), verbosity))
    text = data.decode("utf-8")  # with a byte order mark, if there is one
    lines = list(io.StringIO(text, newline="\n"))
    document = found.installer.document if found.installer else None
    for where, settings in ((found.cluster, cluster), (document, installer)):
        if not settings:
            continue
        if where is None:
            kind = "Cluster" if settings is cluster else "ClusterConfiguration"
            reason = f"there is no document of kind {kind}"
            raise KubekeyConfigNotEditable(found.place, settings[0].name, reason)
        start, count = where.first - 1, len(list(io.StringIO(where.text, newline="\n")))
        mark = "\ufeff" if start == 0 and text.startswith("\ufeff") else ""
        new = mark + change.set_all(found.place, where, settings)
        # One entry, and empty ones for its other lines: the next document's lines keep their place.
        lines[start : start + count] = [new, *[""] * (count - 1)]
    return "".join(lines).encode("utf-8")


def _parts(place: str, reference: str) -> tuple[str, str, str]:
    """Registry as kk wants it (a path may be in it), namespace and tag."""
    repository, _, tag = reference.rpartition(":")
    head, _, name = repository.rpartition("/")
    host, slash, namespace = head.rpartition("/")
    if name != image.NAME or not slash or not tag or "/" in tag:
        raise KubekeyConfigNotEditable(
            place,
            "the image",
            f"kk deploys REGISTRY/NAMESPACE/{image.NAME}:TAG only, not {reference}",
        )
    return host, namespace, tag


def _check(found: Configuration, rules: Rules, namespace: str, tag: str) -> None:
    label = labels.judge(rules, tag)
    if not label.accepted or label.tag != tag:
        reason = f"this kk does not take {tag} as a label: {label.why}"
        raise KubekeyConfigNotEditable(found.place, "metadata.labels.version", reason)
    if namespace != "kubesphere" and not rules.override:
        reason = "this kk deploys from the namespace kubesphere alone"
        raise KubekeyConfigNotEditable(found.place, "spec.registry.namespaceOverride", reason)


def _registry(found: Configuration, rules: Rules, host: str, namespace: str) -> list[Wanted]:
    wanted = []
    if found.registry.host != host:
        wanted.append(Wanted(("spec", "registry", "privateRegistry"), host))
    if rules.override and (found.registry.override or "kubesphere") != namespace:
        wanted.append(Wanted(("spec", "registry", "namespaceOverride"), namespace))
    return wanted
