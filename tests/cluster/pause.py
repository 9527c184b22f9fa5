"""The sandbox of every pod: one static program that waits, as an OCI archive."""

from __future__ import annotations

import hashlib
import io
import json
import platform
import subprocess
import tarfile
from pathlib import Path
from typing import Any

from tests.cluster.place import PAUSE

_PROGRAM = """\
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static void quit(int sign) { exit(0); }
static void reap(int sign) { while (waitpid(-1, 0, WNOHANG) > 0); }
int main(void) {
    signal(SIGINT, quit); signal(SIGTERM, quit); signal(SIGCHLD, reap);
    for (;;) pause();
}
"""
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


def archive(folder: Path) -> Path:
    """Compile it, pack it; the archive's path, ready for `ctr images import`."""
    (folder / "pause.c").write_text(_PROGRAM)
    compiler = ["gcc", "-static", "-Os", "-o", "pause", "pause.c"]
    subprocess.run(compiler, cwd=folder, check=True, capture_output=True)
    files: dict[str, bytes] = {}
    architecture = _ARCHITECTURES[platform.machine()]
    layer = _put(files, _tar({"pause": (folder / "pause").read_bytes()}, 0o755))
    config = _document(
        files,
        architecture=architecture,
        os="linux",
        config={"Entrypoint": ["/pause"]},
        rootfs={"type": "layers", "diff_ids": [layer["digest"]]},
    )
    types = "application/vnd.oci.image."
    manifest = _document(
        files,
        schemaVersion=2,
        mediaType=f"{types}manifest.v1+json",
        config={"mediaType": f"{types}config.v1+json", **config},
        layers=[{"mediaType": f"{types}layer.v1.tar", **layer}],
    )
    entry = {
        "mediaType": f"{types}manifest.v1+json",
        **manifest,
        "platform": {"os": "linux", "architecture": architecture},
        "annotations": {"io.containerd.image.name": PAUSE},
    }
    files["index.json"] = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
    files["oci-layout"] = b'{"imageLayoutVersion": "1.0.0"}'
    path = folder / "pause.tar"
    path.write_bytes(_tar(files, 0o644))
    return path


def _document(files: dict[str, bytes], **content: Any) -> dict[str, Any]:
    return _put(files, json.dumps(content).encode())


def _put(files: dict[str, bytes], data: bytes) -> dict[str, Any]:
    digest = hashlib.sha256(data).hexdigest()
    files[f"blobs/sha256/{digest}"] = data
    return {"digest": f"sha256:{digest}", "size": len(data)}


def _tar(files: dict[str, bytes], mode: int) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode = len(data), mode
            tar.addfile(info, io.BytesIO(data))
    return buffer.getvalue()
