"""What KubeKey (kk) does with a tag of ks-installer.

kk takes the ``version`` label of the ClusterConfiguration as the image's tag and pushes only the
names inside its artifact, so a tag of its own survives. The rules come from kubesphere/kubekey
v3.0.13: cmd/kk/pkg/version/kubesphere/version_enum.go (Latest, DevRelease) and
cmd/kk/pkg/bootstrap/precheck/tasks.go (MustParseSemantic on upgrade).
"""

from __future__ import annotations

import re
from typing import Final

from ksimage import releases

_SEMVER: Final = re.compile(
    r"v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)"
    r"-(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*"
)


def warnings(tag: str) -> list[str]:
    """Why kk would refuse, misread or overwrite this tag; empty when it will not."""
    if tag in {release.tag for release in releases.all_releases()}:
        return [
            f"KubeKey pushes over the tag {tag} whenever it runs with an artifact;"
            f" a suffix such as {tag}-debug is never touched"
        ]
    if tag.startswith("nightly-") or "latest" in tag or "release" in tag:
        return [
            f"KubeKey takes the tag {tag} for its newest ClusterConfiguration,"
            " because it starts with nightly- or holds 'latest' or 'release'"
        ]
    if not _SEMVER.fullmatch(tag):
        return [
            f"KubeKey cannot use the tag {tag} as the ClusterConfiguration's version:"
            " it must be a release and a suffix such as v3.3.2-debug"
            " (letters, digits, dots, dashes; no number with a leading zero)"
        ]
    return []
