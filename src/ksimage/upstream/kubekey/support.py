"""Which releases of KubeSphere each kk installs, on which Kubernetes, upgraded from which.

From kk's own tables: ``versionCheck`` (v1, ``upgrade/precheck.go``) and ``VersionMap`` with
``K8sSupportVersions`` and ``UpgradeSupportVersions`` (v2 and v3, ``version/kubesphere``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Support(NamedTuple):
    """Of one release: the first and last minor version of Kubernetes 1, and upgrades' origins."""

    oldest: int
    newest: int
    upgrades: tuple[str, ...]

    def runs_on(self, kubernetes: str) -> bool:
        """Whether ``v1.23.10`` is a supported Kubernetes; False for what is no version."""
        parts = kubernetes.removeprefix("v").split(".")
        if len(parts) < 2 or parts[0] != "1" or not parts[1].isdigit():
            return False
        return self.oldest <= int(parts[1]) <= self.newest

    @property
    def kubernetes(self) -> str:
        """``v1.19 to v1.24``."""
        return f"v1.{self.oldest} to v1.{self.newest}"


_V1_0: Final = {
    "v2.1.1": Support(15, 18, ("v2.1.1",)),
    "v3.0.0": Support(15, 18, ("v2.1.1",)),
}
_V1_1: Final = {**_V1_0, "v3.1.0": Support(15, 20, ("v3.0.0",))}
_V1_1_1: Final = {**_V1_1, "v3.1.1": Support(15, 20, ("v3.0.0", "v3.1.0"))}
_V1_2: Final = {**_V1_1_1, "v3.2.0": Support(19, 22, ("v3.1.0", "v3.1.1"))}
_V2_0: Final = {**_V1_2, "v3.2.1": Support(19, 22, ("v3.1.0", "v3.1.1", "v3.2.0"))}
_V2_1: Final = {**_V2_0, "v3.3.0": Support(19, 22, ("v3.2.0", "v3.2.1"))}
_V2_1_1: Final = {**_V2_1, "v3.3.0": Support(19, 23, ("v3.2.0", "v3.2.1"))}
_V2_3: Final = {**_V2_1_1, "v3.3.1": Support(19, 23, ("v3.2.0", "v3.2.1", "v3.3.0"))}
_V3_0_7: Final = {
    **_V2_3,
    "v3.3.1": Support(19, 24, ("v3.2.0", "v3.2.1", "v3.3.0")),
    "v3.3.2": Support(19, 24, ("v3.2.0", "v3.2.1", "v3.3.0", "v3.3.1")),
}
_V3_0_8: Final = {
    **_V3_0_7,
    "v3.4.0": Support(19, 26, ("v3.2.0", "v3.2.1", "v3.3.0", "v3.3.1", "v3.3.2")),
}
_V3_0_10: Final = {**_V3_0_8, "v3.4.0": Support(19, 26, ("v3.3.0", "v3.3.1", "v3.3.2"))}

SUPPORT: Final[Mapping[str, Mapping[str, Support]]] = {
    "v1.0.0": _V1_0,
    "v1.1.0": _V1_1,
    "v1.1.1": _V1_1_1,
    "v1.2.0": _V1_2,
    "v1.2.1": {
        **_V1_2,
        "v3.2.1": Support(19, 22, ("v3.1.0", "v3.1.1", "v3.2.0", "v3.2.1")),
    },
    "v2.0.0": _V2_0,
    "v2.1.0": _V2_1,
    "v2.1.1": _V2_1_1,
    "v2.3.0": _V2_3,
    "v3.0.7": _V3_0_7,
    "v3.0.8": _V3_0_8,
    "v3.0.10": _V3_0_10,
    "v3.0.13": {
        **_V3_0_10,
        "v3.4.1": Support(21, 26, ("v3.3.0", "v3.3.1", "v3.3.2", "v3.4.0")),
    },
}
"""By the first kk with that table; each maps releases, oldest first."""
