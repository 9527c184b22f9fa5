#!/usr/bin/env python3
"""Pack ``examples/mini`` into the OCI layout ``examples/ks-installer-mini``.

    python3 examples/make_mini.py [FOLDER]

The image has the layers, history and configuration that upstream's recipe since v3.3.0 leaves (the
hook once in an ADD layer, once in the RUN layer that gave it to its user), for two platforms. It is
too small to run: there is no Python in it. Nothing but the standard library is used, and the same
files give the same bytes: layers are not compressed, times and owners are fixed.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import sys
import tarfile
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parent
SOURCE = EXAMPLES / "mini"
RELEASE = "v3.3.2"
CREATED = "2022-10-20T08:15:42Z"
MTIME = 1_666_253_742  # the same moment
KUBESPHERE = 1002  # uid and gid of upstream's user
PLATFORMS = ("amd64", "arm64")

CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
REF_NAME = "org.opencontainers.image.ref.name"

PASSWD = b"root:x:0:0::/root:/bin/sh\nkubesphere:x:1002:1002::/home/kubesphere:/bin/sh\n"

Member = tuple[str, bytes | None, int]
"""Path in the image, content (None: a folder), mode."""


def main() -> None:
    """Write the layout."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else EXAMPLES / "ks-installer-mini"
    if target.exists():
        shutil.rmtree(target)
    digest = Layout(target).write()
    print(f"oci:{target}:{RELEASE}@{digest}")


class Layout:
    """An OCI image layout in the making."""

    def __init__(self, path: Path) -> None:
        self.blobs = path / "blobs" / "sha256"
        self.path = path

    def write(self) -> str:
        """Write everything; the index's digest."""
        self.blobs.mkdir(parents=True)
        layers = [(text, self.layer(*members)) for text, *members in steps() if members]
        entries = [self.image(architecture, dict(layers)) for architecture in PLATFORMS]
        index = self.document(
            INDEX_TYPE, {"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": entries}
        )
        top = {"schemaVersion": 2, "manifests": [{**index, "annotations": {REF_NAME: RELEASE}}]}
        (self.path / "index.json").write_bytes(encode(top))
        (self.path / "oci-layout").write_bytes(encode({"imageLayoutVersion": "1.0.0"}))
        return str(index["digest"])

    def image(self, architecture: str, layers: dict[str, dict[str, Any]]) -> dict[str, Any]:
        """One platform's config and manifest; the descriptor for the index."""
        history: list[dict[str, Any]] = []
        for text, *_ in steps():
            empty = {} if text in layers else {"empty_layer": True}
            history.append({"created": CREATED, "created_by": text, **empty})
        config = {
            "architecture": architecture,
            "config": {
                "User": "kubesphere",
                "Env": [
                    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                    "ARCH=amd64",
                    "SHELL_OPERATOR_WORKING_DIR=/hooks",
                    "ANSIBLE_ROLES_PATH=/kubesphere/installer/roles",
                ],
                "Entrypoint": ["/shell-operator"],
                "Cmd": ["start"],
                "WorkingDir": "/kubesphere",
                "Labels": {"io.ksimage.example": "a miniature of ks-installer"},
            },
            "created": CREATED,
            "history": history,
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [d["digest"] for d in layers.values()]},
        }
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": self.document(CONFIG_TYPE, config),
            "layers": list(layers.values()),
        }
        platform = {"architecture": architecture, "os": "linux"}
        return {**self.document(MANIFEST_TYPE, manifest), "platform": platform}

    def layer(self, owner: int, members: list[Member]) -> dict[str, Any]:
        """A layer's descriptor; its digest is its diff ID too, because it is not compressed."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
            for path, content, mode in members:
                info = tarfile.TarInfo(path)
                info.mode, info.mtime, info.uid, info.gid = mode, MTIME, owner, owner
                if content is None:
                    info.type = tarfile.DIRTYPE
                    tar.addfile(info)
                else:
                    info.size = len(content)
                    tar.addfile(info, io.BytesIO(content))
            end = buffer.tell()
        # two zero blocks end an archive; tarfile fills up to 10 KiB
        return self.blob(LAYER_TYPE, buffer.getvalue()[: end + 2 * tarfile.BLOCKSIZE])

    def document(self, media_type: str, content: dict[str, Any]) -> dict[str, Any]:
        """Store a JSON document; its descriptor."""
        return self.blob(media_type, encode(content))

    def blob(self, media_type: str, data: bytes) -> dict[str, Any]:
        """Store a blob; its descriptor."""
        digest = hashlib.sha256(data).hexdigest()
        (self.blobs / digest).write_bytes(data)
        return {"mediaType": media_type, "digest": f"sha256:{digest}", "size": len(data)}


def steps() -> list[tuple[Any, ...]]:
    """History entries, each with the owner and the members of its layer if it made one."""
    kit = "# buildkit"
    hooks = [*folders("hooks", "hooks/kubesphere"), *tree("hooks/kubesphere")]
    operator: Member = ("shell-operator", (SOURCE / "shell-operator").read_bytes(), 0o755)
    system: list[Member] = [*folders("etc"), ("etc/passwd", PASSWD, 0o644)]
    playbooks = [("kubesphere/cluster.json", (SOURCE / "cluster.json").read_bytes(), 0o644)]
    playbooks += [*folders("kubesphere/playbooks"), *tree("playbooks", "kubesphere/playbooks")]
    return [
        (f"COPY etc /etc {kit}", 0, system),
        (f"ENV ARCH=amd64 {kit}",),
        (f"COPY shell-operator / {kit}", 0, [operator]),
        (f"ADD controller/* /hooks/kubesphere/ {kit}", 0, hooks),
        (
            "RUN /bin/sh -c chown -R kubesphere:kubesphere /shell-operator /hooks /kubesphere && "
            f"chmod +x -R /hooks/kubesphere {kit}",
            KUBESPHERE,
            [operator, *hooks, *folders("kubesphere", "kubesphere/results")],
        ),
        (f"USER kubesphere {kit}",),
        (f"ENV SHELL_OPERATOR_WORKING_DIR=/hooks {kit}",),
        (f"ENV ANSIBLE_ROLES_PATH=/kubesphere/installer/roles {kit}",),
        (
            f"ADD roles /kubesphere/installer/roles {kit}",
            0,
            [
                *folders("kubesphere/installer", "kubesphere/installer/roles"),
                *tree("roles", "kubesphere/installer/roles"),
            ],
        ),
        (
            f"ADD env /kubesphere/results/env {kit}",
            0,
            [*folders("kubesphere/results/env"), *tree("env", "kubesphere/results/env")],
        ),
        (f"ADD playbooks /kubesphere/playbooks {kit}", 0, playbooks),
        (f'ENTRYPOINT ["/shell-operator"] {kit}',),
        (f'CMD ["start"] {kit}',),
    ]


def folders(*paths: str) -> list[Member]:
    """Folders with the usual mode."""
    return [(path, None, 0o755) for path in paths]


def tree(name: str, target: str = "") -> list[Member]:
    """Everything below a folder of ``mini``. Modes do not depend on this machine's umask."""
    root = SOURCE / name
    members: list[Member] = []
    for path in sorted(root.rglob("*")):
        inside = f"{target or name}/{path.relative_to(root).as_posix()}"
        if path.is_dir():
            members.append((inside, None, 0o755))
        else:
            mode = 0o755 if path.suffix in (".py", ".sh") else 0o644
            members.append((inside, path.read_bytes(), mode))
    return members


def encode(document: dict[str, Any]) -> bytes:
    """A JSON document as bytes, always the same ones."""
    return json.dumps(document, indent=1).encode() + b"\n"


if __name__ == "__main__":
    main()
