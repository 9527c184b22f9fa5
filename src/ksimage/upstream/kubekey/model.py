"""What is known beside a configuration, and what is said about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ksimage.upstream.kubekey.rules import Pushing

if TYPE_CHECKING:
    from ksimage.upstream.kubekey.edits import AlteredLine
    from ksimage.upstream.kubekey.labels import Label, Upgrade
    from ksimage.upstream.kubekey.rules import Rules
    from ksimage.upstream.kubekey.versions import KkVersion


class Circumstances(NamedTuple):
    """What is known beside the configuration.

    Attributes:
        version: kk's.
        zone: the environment variable KKZONE.
        namespace: the namespace that ks-installer has in the artifact, "" when that is not known.
        artifact_refs: names of ks-installer in the artifact's folder of images.
    """

    version: KkVersion
    zone: str = ""
    namespace: str = ""
    artifact_refs: tuple[str, ...] = ()


class Statement(NamedTuple):
    """One answer: ``key`` stays the same for scripts, ``source`` is kk's file and function."""

    key: str
    text: str
    source: str


class Answers(NamedTuple):
    """All that is to be said about a configuration.

    Attributes:
        version: kk's.
        rules: its rules.
        label: what becomes of the label.
        repository: what kk deploys from, without a tag; "" when it deploys nothing.
        pushed: the repository that kk's push writes to, "" when it pushes nothing or that is not
            known.
        projects: namespaces of the registry that must exist.
        missing: those of them that upstream's script for Harbor does not create.
        upgrade: what an upgrade does.
        changes: lines of the configuration that kk alters.
        answers: the answers, in order.
        warnings: what will go wrong or surprise, the worst first.
        hosted: whether privateRegistry is set.
    """

    version: KkVersion
    rules: Rules
    label: Label
    repository: str
    pushed: str
    projects: tuple[str, ...]
    missing: tuple[str, ...]
    upgrade: Upgrade
    changes: tuple[AlteredLine, ...]
    answers: tuple[Statement, ...]
    warnings: tuple[str, ...]
    hosted: bool

    @property
    def pushes(self) -> bool:
        """Whether ``create cluster -a`` pushes images with this configuration."""
        return self.rules.push is not Pushing.NEVER and self.hosted

    @property
    def image(self) -> str:
        """``REPOSITORY:TAG`` that kk deploys, or "" when it deploys nothing usable."""
        return f"{self.repository}:{self.label.tag}" if self.repository and self.label.tag else ""
