"""An installer's image that runs in a pod: the miniature's hook on a real ansible-runner.

The interpreter is this machine's, copied (:mod:`tests.support.python_base`), with the packages of
an environment of ``tests/behaviour``; the operator is :mod:`tests.cluster.operator`.
"""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

from tests.behaviour.environments import ENVIRONMENTS, prepare
from tests.support import python_base
from tests.support.images import Entry, Recipe, directory, layout
from tests.support.program import MINIATURE_HOOK, REPOSITORY
from tests.support.rootfs import ARCHITECTURE

MINI = REPOSITORY / "examples" / "mini"
OWN = REPOSITORY / "tests" / "cluster"
SCRIPTS = {
    "ansible-playbook": "from ansible.cli.playbook import PlaybookCLI as Main",
    "ansible-config": "from ansible.cli.config import ConfigCLI as Main",
}
_SCRIPT = """\
#!/usr/bin/python3
import sys
{0}
sys.exit(Main([{1!r}, *sys.argv[1:]]).run())
"""
_LEFT_OUT = ("pip", "setuptools", "wheel", "pkg_resources")
LOCALE = Path("/usr/lib/locale/C.utf8")  # the image's LANG, without which Ansible does not start
TOOLS = (
    "bash", "cp", "date", "dd", "echo", "head", "kill", "mkdir", "mv", "ps", "rm", "sed",
    "sha256sum", "sleep", "stat", "tail", "tar", "touch", "true", "uname",
)  # fmt: skip
KUBESPHERE = 1002


def build(
    folder: Path, release: str = "v3.3.2", operator: bytes = b"", more: tuple[Entry, ...] = ()
) -> str:
    """Write the image as the OCI layout ``folder``, named by its release; its digest.

    ``more``: files of the release's own, below the places of roles, env and playbooks.
    """
    rootfs = python_base.build(folder.with_suffix(".tar"), (*python_base.TOOLS, *TOOLS))
    _add_packages(rootfs)
    playbooks = {
        path.name: path.read_bytes()
        for place in (MINI / "playbooks", OWN / "playbooks")
        for path in sorted(place.glob("*.yaml"))
    }
    files = [
        directory("kubesphere/playbooks", owner=KUBESPHERE),
        Entry("kubesphere/results/env/extravars", b"---\nansible_connection: local\n"),
        Entry(
            "kubesphere/results/env/cmdline",
            b"-e @/kubesphere/config/ks-config.json -e @/kubesphere/config/ks-status.json",
        ),
        *(
            Entry(f"kubesphere/playbooks/{name}", data, uid=KUBESPHERE, gid=KUBESPHERE)
            for name, data in playbooks.items()
        ),
        *more,
    ]
    recipe = Recipe(
        release=release,
        hook=MINIATURE_HOOK.read_bytes(),
        rootfs=rootfs,
        files=tuple(files),
        architecture=ARCHITECTURE,
        operator=operator or (OWN / "operator.py").read_bytes(),
    )
    return layout(folder, recipe, ref=release)


def _add_packages(rootfs: Path) -> None:
    """Append the environment's packages and the programs that ansible-runner starts."""
    environment = next(e for e in ENVIRONMENTS if e.name == "newest")
    packages = next(prepare(environment).parent.glob("lib/python3*/site-packages"))
    inside = f"{python_base.standard_library()}/site-packages".lstrip("/")
    libraries = python_base.libraries(packages.rglob("*.so"))
    with tarfile.open(rootfs, "a", dereference=True) as archive:
        for library in sorted(libraries.difference(f"/{name}" for name in archive.getnames())):
            archive.add(library, library.lstrip("/"), filter=_plain)
        for path in sorted(packages.rglob("*")):
            parts = path.relative_to(packages).parts
            if path.is_file() and parts[0] not in _LEFT_OUT:
                archive.add(path, f"{inside}/{'/'.join(parts)}", filter=_plain)
        for path in sorted(LOCALE.rglob("*")):
            archive.add(path, str(path).lstrip("/"), recursive=False, filter=_plain)
        for name, line in SCRIPTS.items():
            data = _SCRIPT.format(line, name).encode()
            info = tarfile.TarInfo(f"usr/bin/{name}")
            info.size, info.mode = len(data), 0o755
            archive.addfile(info, io.BytesIO(data))
        for name, text in _ACCOUNTS.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text))
        info = tarfile.TarInfo(_CLUSTER)
        info.uid = info.gid = KUBESPHERE
        archive.addfile(info)
        for name in ("home/kubesphere", "kubesphere/config"):
            info = tarfile.TarInfo(name)
            info.type, info.mode, info.uid, info.gid = (
                tarfile.DIRTYPE,
                0o755,
                KUBESPHERE,
                KUBESPHERE,
            )
            archive.addfile(info)


_ACCOUNTS = {
    "etc/passwd": b"root:x:0:0::/root:/bin/sh\nkubesphere:x:1002:1002::/home/kubesphere:/bin/sh\n",
    "etc/group": b"root:x:0:\nkubesphere:x:1002:\n",
}
_CLUSTER = "kubesphere/cluster.json"  # the miniature's; its operator writes it


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.mode |= 0o444
    return info
