"""Read and patch an artifact of kk (docs/kubekey.md), beside what one does by hand.

By hand: unpack it, and pack it again after a tool has changed the folder. ``KSIMAGE_BENCH_MIB``
says how large it is (2048). Seconds, memory, and bytes read and written; at the end skopeo's
digests of all other images are compared.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from dataclasses import replace
from pathlib import Path

from common import TOP, folder, ksimage, median, peer, say, table
from tests.support import kubekey
from tests.support.images import ImageStore, Recipe
from tests.support.program import MINIATURE_HOOK

MIB = int(os.environ.get("KSIMAGE_BENCH_MIB", "2048"))
IMAGES = 40
TAG = "v3.3.2"
OURS = f"kubesphereio:ks-installer:{TAG}"


def filled(path: Path) -> Path:
    """kk's folder: 40 images, three quarters of the bytes, and binaries as kk has them."""
    store = ImageStore(path / "images")
    base = Recipe(family="oci", hook=MINIATURE_HOOK.read_bytes(), architecture="amd64")
    entries = []
    each = (MIB << 20) * 3 // 4 // IMAGES
    for number in range(IMAGES):
        made = store.image(replace(base, seed=number, padding=each))
        made.pop("platform")
        name = OURS if number == IMAGES // 2 else f"library:image{number}:v1"
        entries.append({**made, "annotations": {kubekey.REF: f"{name}-amd64"}})
    document = {"schemaVersion": 2, "manifests": entries}
    (path / "images" / "index.json").write_text(json.dumps(document, separators=(",", ":")))
    program = Path(peer("docker-registry") or "/bin/ls").read_bytes()
    (path / "kube").mkdir()
    with (path / "kube" / "binaries").open("wb") as file:
        while file.tell() < (MIB << 20) // 4:
            file.write(program)
    return path


def digests(path: Path) -> dict[str, str]:
    """What skopeo calls every image but ours."""
    found = {}
    for name in kubekey.names(path):
        if "ks-installer" in name:
            continue
        command = ["skopeo", "inspect", "--format", "{{.Digest}}", f"oci:{path}/images:{name}"]
        found[name] = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return found


def seconds(*command: str) -> float:
    started = time.monotonic()
    subprocess.run(command, check=True)
    return time.monotonic() - started


def main() -> None:
    with folder() as place:
        say(f"an artifact of {MIB} MiB")
        made = filled(place / "kubekey")
        before = digests(made) if peer("skopeo") else {}
        artifact = place / "artifact.tar.gz"
        # -1: the layers are compressed already, and kk's own level takes minutes
        pack = ["tar", "-C", str(made), "-I", "gzip -1", "-cf", str(artifact)]
        subprocess.run([*pack, "images", "kube"], check=True)
        size = artifact.stat().st_size
        subprocess.run(["rm", "-r", str(made)], check=True)
        source = f"kubekey:{artifact}"
        patched = place / "patched.tar.gz"

        read = ksimage("inspect", f"{source}:{TAG}", cwd=place)
        say(f"inspect: {read.wall:.1f} s, {read.rss:.0f} MiB")
        build = ("build", TAG, "--from", source, "--to")
        single = ksimage(*build, "oci-archive:one.tar", cwd=place)
        whole = ksimage(*build, f"kubekey:{patched}", "--tag", TAG, cwd=place)
        unpacked = place / "unpacked"
        unpacked.mkdir()
        unpack = median(lambda _: seconds("tar", "-xzf", str(artifact), "-C", str(unpacked)), 1)
        repack = seconds(
            "tar", "-C", str(unpacked), "-I", "gzip -1", "-cf", str(place / "again.tgz"),
            "images", "kube",
        )  # fmt: skip
        rows = [
            ("ksimage: read the one image", single.wall, f"{single.rss:.0f} MiB", size),
            ("tar: unpack all of it", unpack, "", size),
            ("ksimage: write a patched artifact", whole.wall, f"{whole.rss:.0f} MiB",
             patched.stat().st_size),
            ("tar: unpack and pack it", unpack + repack, "", (place / "again.tgz").stat().st_size),
        ]  # fmt: skip
        table(
            ("what", "seconds", "memory", "bytes", "ratio to tar"),
            [
                (what, f"{taken:.1f}", memory, f"{count:,}", f"{taken / other:.2f}")
                for (what, taken, memory, count), other in zip(
                    rows, (unpack, unpack, unpack + repack, unpack + repack), strict=True
                )
            ],
        )
        if before:
            subprocess.run(["rm", "-r", str(unpacked), str(place / "again.tgz")], check=True)
            unpacked.mkdir()
            subprocess.run(["tar", "-xzf", str(patched), "-C", str(unpacked)], check=True)
            after = digests(unpacked)
            say(f"skopeo: {len(after)} other images, all digests equal: {after == before}")
            assert after == before


if __name__ == "__main__":
    with contextlib.chdir(TOP) if hasattr(contextlib, "chdir") else contextlib.nullcontext():
        main()
