"""Whether kk would refuse, misread or overwrite a tag of ks-installer: notes for every build.

kk takes the ``version`` label of the ClusterConfiguration as the image's tag and pushes only the
names inside its artifact, so a tag of its own survives. The rules come from kubesphere/kubekey
v3.0.13: cmd/kk/pkg/version/kubesphere/version_enum.go (LatestRelease, DevRelease),
cmd/kk/pkg/common/loader.go (normalizedBuildVersion), cmd/kk/pkg/images/tasks.go (the names that are
pushed) and cmd/kk/pkg/bootstrap/precheck/tasks.go (MustParseSemantic on upgrade).
"""

from __future__ import annotations

import re
from typing import Final

from ksimage.upstream import releases
from ksimage.upstream.kubekey.support import SUPPORT

KNOWN: Final = tuple(name.removeprefix("v") for name in SUPPORT["v3.0.13"])
"""The releases that kk v3.0.13 and v3.1 know; older ones know the first of them."""

_ARCHITECTURE: Final = re.compile(r"-(?:386|amd64|arm|arm-v[5-8]|arm64|ppc64le|riscv64|s390x)\Z")
_SEMVER: Final = re.compile(
    r"(v?)((?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*))"
    r"-(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*)(?:\.(?:0|[1-9]\d*|\d*[A-Za-z-][0-9A-Za-z-]*))*",
    re.ASCII,
)


def pushed_release(tag: str) -> str | None:
    """The release that kk pushes under this tag, whenever its artifact holds it; or None.

    kk pushes ``<release>-<arch>`` for each image, and ``<release>`` for the list of them.
    """
    known = {release.tag for release in releases.all_releases()}
    return next((name for name in (tag, _ARCHITECTURE.sub("", tag)) if name in known), None)


def warnings(tag: str) -> list[str]:
    """Why kk would refuse, misread or overwrite this tag; empty when it will not."""
    release = pushed_release(tag)
    if release is None:
        return _unusable(tag)
    text = f"KubeKey pushes over the tag {tag} whenever it runs with an artifact that holds it"
    own = f"{release}-debug"
    if not _unusable(own):
        text += f"; a suffix such as {own} is never touched"
    return [text]


def _unusable(tag: str) -> list[str]:
    """Why the ClusterConfiguration's version cannot be this tag, or would mean another."""
    if tag.startswith("nightly-") or tag in ("latest", "master") or "release" in tag:
        return [
            f"KubeKey takes the tag {tag} for its newest ClusterConfiguration, because it is latest"
            " or master, starts with nightly- or holds 'release'"
        ]
    found = _SEMVER.fullmatch(tag)
    if found is None:
        return [
            f"KubeKey cannot use the tag {tag} as the ClusterConfiguration's version:"
            " it must be a release and a suffix such as v3.3.2-debug"
            " (letters, digits, dots, dashes; no number with a leading zero)"
        ]
    prefix, numbers = found.groups()
    if numbers not in KNOWN:
        return [
            f"KubeKey refuses the tag {tag} as the ClusterConfiguration's version:"
            f" it knows no release {numbers} (only {KNOWN[0]} to {KNOWN[-1]})"
        ]
    if not prefix:
        return [
            f"KubeKey puts a v before the ClusterConfiguration's version {tag}, and would deploy"
            f" v{tag} instead: begin the tag with a v"
        ]
    return []
