"""The table: what each kk does with ks-installer, from v1.0.0 to v3.1.12.

Each entry of :data:`TABLE` begins with the first version that behaves so and holds until the next.
It was read in kk's source; :mod:`ksimage.upstream.kubekey.sources` says where, and
``tests/upstream/test_kubekey.py`` compares every value with every released tag.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.upstream.kubekey.support import SUPPORT, Support

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ksimage.upstream.kubekey.versions import KkVersion


class Labels(Enum):
    """Which labels of a ClusterConfiguration are accepted."""

    EXACT = "a release it knows"
    WORDS = "a release it knows, or any text with alpha, rc or release in it"
    SUFFIXES = "a release it knows, with any suffix"


class Pushing(Enum):
    """What ``create cluster`` does with the images of an artifact (``-a``)."""

    NEVER = "there are no artifacts"
    TARS = "it pushes image tars of its own format"
    LAYOUT = "it pushes each image of its folder, then a list of them under the plain tag"


class Project(Enum):
    """The registry's namespace that an image is pushed to."""

    OVERRIDE = "namespaceOverride, else the image's own"
    OWN = "the image's own, whatever namespaceOverride says"
    REWRITE = "the image's own, after namespaceRewrite; namespaceOverride is not used"


class Current(Enum):
    """What ``kk upgrade`` takes for the KubeSphere version that runs."""

    CONSOLE = "the version label of Deployment ks-console"
    CONSOLE_OR_LABEL = "the version label of ks-console; where that is v3.1.0, the label"
    LABEL = "the label of the ClusterConfiguration, from v3.1.0 on"


class Rules(NamedTuple):
    """What one range of versions does.

    Attributes:
        labels: which labels are accepted.
        pads: a label without v gets one, and one that is no version becomes empty.
        support: releases it installs: Kubernetes versions, and what they can be upgraded from.
        zone_wins: with KKZONE=cn the Chinese mirror is used even if privateRegistry is set.
        override: registry.namespaceOverride exists.
        pull_policy: of the Deployment.
        pod_label: value of the pods' label ``app``.
        push: what happens to an artifact's images.
        project: where to, for Pushing.LAYOUT.
        full_refs: names in the layout are ``REGISTRY/NAMESPACE/NAME:TAG-ARCH``, else
            ``NAMESPACE:NAME:TAG-ARCH``.
        list_first: each platform's image is pushed to the plain tag, a mistake of two versions.
        current: what an upgrade starts from.
        skips_equal: an upgrade to the same version passes its checks (and deploys nothing).
        rewrites_file: ``--with-kubernetes`` runs sed on the configuration file itself.
        zone_line, runtime_line, etcd_lines: further lines of the configuration that sed edits.
        poll: seconds between two looks at the installer's marker.
        patience: seconds until kk gives up.
        phases: ``kk alpha create phase kubesphere`` exists.
        harbor: version of the Harbor it installs, or "".
    """

    labels: Labels
    support: Mapping[str, Support]
    pads: bool = False
    zone_wins: bool = False
    override: bool = False
    pull_policy: str = "Always"
    pod_label: str = "ks-install"
    push: Pushing = Pushing.NEVER
    project: Project = Project.OVERRIDE
    full_refs: bool = False
    list_first: bool = False
    current: Current = Current.CONSOLE
    skips_equal: bool = False
    rewrites_file: bool = False
    zone_line: bool = False
    runtime_line: bool = False
    etcd_lines: bool = False
    poll: int = 0
    patience: int = 7200
    phases: bool = False
    harbor: str = ""

    @property
    def known(self) -> tuple[str, ...]:
        """Releases of KubeSphere, oldest first."""
        return tuple(self.support)

    @property
    def mirrored(self) -> tuple[str, ...]:
        """Releases whose images the Chinese mirror (KKZONE=cn) has: v3.1.0 and later."""
        return tuple(name for name in self.known if name >= "v3.1.0") if self.zone_line else ()


_V1_0: Final = Rules(Labels.EXACT, SUPPORT["v1.0.0"], rewrites_file=True, poll=10, patience=300)
_V1_1: Final = _V1_0._replace(
    support=SUPPORT["v1.1.0"], zone_wins=True, zone_line=True, patience=1800
)
_V1_2: Final = _V1_1._replace(
    labels=Labels.WORDS,
    support=SUPPORT["v1.2.0"],
    rewrites_file=False,
    runtime_line=True,
)
_V1_2_1: Final = _V1_2._replace(support=SUPPORT["v1.2.1"], zone_wins=False)
_V2_0: Final = _V1_2_1._replace(
    labels=Labels.SUFFIXES,
    support=SUPPORT["v2.0.0"],
    override=True,
    push=Pushing.TARS,
    current=Current.CONSOLE_OR_LABEL,
    poll=0,
    patience=7200,
    harbor="2.4.1",
)
_V2_1: Final = _V2_0._replace(support=SUPPORT["v2.1.0"], push=Pushing.LAYOUT, etcd_lines=True)
_V2_1_1: Final = _V2_1._replace(support=SUPPORT["v2.1.1"], pod_label="ks-installer")
_V2_2_1: Final = _V2_1_1._replace(skips_equal=True)
_V2_2_2: Final = _V2_2_1._replace(pads=True)
_V2_3: Final = _V2_2_2._replace(support=SUPPORT["v2.3.0"], phases=True, harbor="2.5.3")
_V3_0_7: Final = _V2_3._replace(support=SUPPORT["v3.0.7"])
_V3_0_8: Final = _V3_0_7._replace(support=SUPPORT["v3.0.8"], pull_policy="IfNotPresent")
_V3_0_10: Final = _V3_0_8._replace(support=SUPPORT["v3.0.10"], current=Current.LABEL)
_V3_0_13: Final = _V3_0_10._replace(support=SUPPORT["v3.0.13"])
_V3_1: Final = _V3_0_13._replace(harbor="2.10.1")
_V3_1_2: Final = _V3_1._replace(full_refs=True, list_first=True)
_V3_1_4: Final = _V3_1_2._replace(list_first=False)
_V3_1_7: Final = _V3_1_4._replace(project=Project.OWN)
_V3_1_8: Final = _V3_1_7._replace(project=Project.REWRITE)
_V3_1_10: Final = _V3_1_8._replace(patience=18_000)

TABLE: Final[tuple[tuple[tuple[int, int, int], Rules], ...]] = (
    ((1, 0, 0), _V1_0),
    ((1, 1, 0), _V1_1),
    ((1, 1, 1), _V1_1._replace(support=SUPPORT["v1.1.1"])),
    ((1, 2, 0), _V1_2),
    ((1, 2, 1), _V1_2_1),
    ((2, 0, 0), _V2_0),
    ((2, 1, 0), _V2_1),
    ((2, 1, 1), _V2_1_1),
    ((2, 2, 1), _V2_2_1),
    ((2, 2, 2), _V2_2_2),
    ((2, 3, 0), _V2_3),
    ((3, 0, 7), _V3_0_7),
    ((3, 0, 8), _V3_0_8),
    ((3, 0, 10), _V3_0_10),
    ((3, 0, 13), _V3_0_13),
    ((3, 1, 0), _V3_1),
    ((3, 1, 2), _V3_1_2),
    ((3, 1, 4), _V3_1_4),
    ((3, 1, 7), _V3_1_7),
    ((3, 1, 8), _V3_1_8),
    ((3, 1, 10), _V3_1_10),
    ((3, 1, 12), _V3_1_10._replace(harbor="2.10.2")),
)
"""The first version of each range, oldest first, and its rules."""


def of(version: KkVersion) -> Rules:
    """The rules of a version; those of the newest for a version 3 that came later."""
    return next(rules for first, rules in reversed(TABLE) if first <= version.numbers)
