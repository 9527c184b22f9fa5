"""Keep a mounted hook from running in the image of another release.

What a patch added to the Deployment outlives KubeKey's apply: its client-side apply keeps what its
last-applied annotation does not name. So after an upgrade the mount is still there, and the hook of
the old release would run with the roles of the new one. The guard is a few lines before the hook's
first statement. They compare one file of the image, which differs between all releases, with what
the hook was made for, and end the pod in words otherwise.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from ksimage.hook.files import read_file

if TYPE_CHECKING:
    from ksimage.base.images import PlatformImage
    from ksimage.locations.protocol import Source

MARK: Final = "kubesphere/installer/roles/download/defaults/main.yml"
"""A file with the images' tags: no two of upstream's distinct hooks have the same beside them
(compared at every tag, v3.0.0 to v3.4.1)."""
MAX_MARK: Final = 1 << 20

_GUARD = """\
# This hook was patched for {release} and is mounted over the image's own.
# In another release's image it must not run: that image's roles are others.


def ksimageGuard(path, made_for):
    import hashlib
    import sys
    try:
        with open(path, 'rb') as f:
            found = hashlib.sha256(f.read()).hexdigest()
    except Exception as e:
        found = type(e).__name__
    if found != made_for:
        sys.exit('ksimage: the mounted hook is for {release}, and this image is another'
                 ' (' + path + ': ' + found + '). It does not run. Remove the mount:'
                 ' kubectl -n {namespace} patch deployment {deployment}'
                 ' --patch "$(cat removal-patch.yaml)"')


ksimageGuard({path!r}, {made_for!r})

"""


def mark_of(source: Source, image: PlatformImage) -> str:
    """The sha256 of the image's file that tells releases apart; empty where it has none."""
    data = read_file(source, image, MARK, MAX_MARK)
    return "" if data is None else hashlib.sha256(data).hexdigest()


def guarded(hook: bytes, mark: str, *, release: str, namespace: str, deployment: str) -> bytes:
    """The hook with the guard before its first statement; as it is where there is no mark."""
    if not mark:
        return hook
    text = _GUARD.format(
        release=release,
        namespace=namespace,
        deployment=deployment,
        path=f"/{MARK}",
        made_for=mark,
    )
    lines = hook.split(b"\n")
    first = next((n for n, line in enumerate(lines) if not line.startswith(b"#")), len(lines))
    return b"\n".join([*lines[:first], *text.encode().split(b"\n")[:-1], *lines[first:]])
