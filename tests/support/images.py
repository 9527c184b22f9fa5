"""Base images like upstream's, made here in pure Python: no engine, no network.

An :class:`ImageStore` is an OCI layout on disk that this module writes on its own, so that the
product is never tested against itself. Upstream has two recipes (ks-installer ``Dockerfile`` up to
v3.2.1, ``Dockerfile.complete`` since v3.3.0); :class:`Recipe` makes either, with hostile variants.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import random
import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

HOOK_PATH = "hooks/kubesphere/installRunner.py"
HOOK = b"""\
#!/usr/bin/env python3
# encoding: utf-8
import sys

import ansible_runner
import kubernetes

if len(sys.argv) > 1 and sys.argv[1] == "--config":
    print('{"onKubernetesEvent": [{"name": "miniature"}]}')
else:
    ansible_runner.run(playbook="/kubesphere/playbooks/preinstall.yaml", quiet=True)
"""
CREATED = "2022-10-20T08:15:42.123456789Z"
MTIME = 1_666_253_742
KUBESPHERE = 1002

Family = Literal["docker", "oci"]
Compression = Literal["gzip", "none", "zstd"]

MANIFEST_TYPE = {
    "docker": "application/vnd.docker.distribution.manifest.v2+json",
    "oci": "application/vnd.oci.image.manifest.v1+json",
}
INDEX_TYPE = {
    "docker": "application/vnd.docker.distribution.manifest.list.v2+json",
    "oci": "application/vnd.oci.image.index.v1+json",
}
CONFIG_TYPE = {
    "docker": "application/vnd.docker.container.image.v1+json",
    "oci": "application/vnd.oci.image.config.v1+json",
}
LAYER_TYPE = {
    ("docker", "gzip"): "application/vnd.docker.image.rootfs.diff.tar.gzip",
    ("docker", "none"): "application/vnd.docker.image.rootfs.diff.tar",
    ("docker", "zstd"): "application/vnd.docker.image.rootfs.diff.tar.zstd",
    ("oci", "gzip"): "application/vnd.oci.image.layer.v1.tar+gzip",
    ("oci", "none"): "application/vnd.oci.image.layer.v1.tar",
    ("oci", "zstd"): "application/vnd.oci.image.layer.v1.tar+zstd",
}


@dataclass(frozen=True)
class Entry:
    """One member of a layer. ``padding``: that many incompressible bytes instead of ``data``."""

    path: str
    data: bytes = b""
    mode: int = 0o644
    uid: int = 0
    gid: int = 0
    kind: Literal["file", "dir", "symlink", "hardlink", "fifo"] = "file"
    link: str = ""
    padding: int = 0


def directory(path: str, *, owner: int = 0, mode: int = 0o755) -> Entry:
    return Entry(path, mode=mode, uid=owner, gid=owner, kind="dir")


@dataclass(frozen=True)
class LayerBlob:
    """A stored layer."""

    digest: str
    size: int
    diff_id: str
    media_type: str

    def descriptor(self) -> dict[str, Any]:
        return {"mediaType": self.media_type, "size": self.size, "digest": self.digest}


@dataclass(frozen=True)
class Step:
    """One history entry with the entries of its layer, or with a ready layer ``tar``."""

    created_by: str
    entries: tuple[Entry, ...] | None = None
    tar: Path | None = None
    comment: str = ""

    @property
    def empty(self) -> bool:
        return self.entries is None and self.tar is None


Variant = Literal[
    "",
    "no-hook",
    "whiteout",
    "whiteout-parent",
    "opaque",
    "symlink",
    "hardlink",
    "directory",
    "fifo",
    "parent-symlink",
    "truncated",
    "bomb",
    "wrong-diff-ids",
    "lying-history",
    "many-layers",
]


SHELL_OPERATOR = b"""\
#!/bin/sh
exec /hooks/kubesphere/installRunner.py --config
"""


@dataclass(frozen=True)
class Recipe:
    """An upstream-like image of one platform.

    Attributes:
        shape: "add" (<= v3.2.1: the hook in an ADD layer, root's) or "chown" (>= v3.3.0: in a RUN
            layer, uid 1002).
        padding: incompressible bytes in the base layer.
        rootfs: a tar with a runnable root file system (``tests/support/rootfs.py``).
        files: added to the ADD layers of roles, env and playbooks by path.
        operator: what stands for shell-operator.
        variant: what is wrong with it.
        bomb: bytes of zeros in the "bomb" variant's layer.
    """

    release: str = "v3.3.2"
    hook: bytes = HOOK
    hook_mode: int = 0o755
    shape: Literal["add", "chown"] = "chown"
    family: Family = "docker"
    compression: Compression = "gzip"
    architecture: str = "amd64"
    variant_of_architecture: str = ""
    padding: int = 0
    seed: int = 1
    rootfs: Path | None = None
    files: tuple[Entry, ...] = ()
    operator: bytes = SHELL_OPERATOR
    labels: dict[str, str] = field(default_factory=lambda: {"maintainer": "kubesphere"})
    variant: Variant = ""
    bomb: int = 400 << 20

    @property
    def owner(self) -> int:
        return KUBESPHERE if self.shape == "chown" else 0

    def steps(self) -> list[Step]:
        steps = _chown_steps(self) if self.shape == "chown" else _add_steps(self)
        return _spoil(self, steps)

    def config(self) -> dict[str, Any]:
        environment = [
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "LANG=C.UTF-8",
            "SHELL_OPERATOR_WORKING_DIR=/hooks",
            "ANSIBLE_ROLES_PATH=/kubesphere/installer/roles",
        ]
        if self.shape == "chown":
            environment.insert(2, "ARCH=amd64")
        return {
            "User": "kubesphere",
            "Env": environment,
            "Entrypoint": ["/shell-operator"],
            "Cmd": ["start"],
            "WorkingDir": "/kubesphere",
            "Labels": self.labels,
            "OnBuild": None,
        }


class ImageStore:
    """An OCI image layout in the making."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.blobs = path / "blobs" / "sha256"
        self.blobs.mkdir(parents=True, exist_ok=True)
        (path / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}')
        if not (path / "index.json").exists():
            self._write_index([])

    def put(self, data: bytes) -> tuple[str, int]:
        """Store a small blob; its digest and size."""
        digest = hashlib.sha256(data).hexdigest()
        (self.blobs / digest).write_bytes(data)
        return f"sha256:{digest}", len(data)

    def blob_path(self, digest: str) -> Path:
        return self.blobs / digest.removeprefix("sha256:")

    def read(self, digest: str) -> bytes:
        return self.blob_path(digest).read_bytes()

    def json(self, digest: str) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(self.read(digest))
        return document

    def image(self, recipe: Recipe) -> dict[str, Any]:
        """Build one platform's image; its descriptor, without a name."""
        layers, history = [], []
        for step in recipe.steps():
            record: dict[str, Any] = {"created": CREATED, "created_by": step.created_by}
            if step.comment:
                record["comment"] = step.comment
            if step.empty:
                record["empty_layer"] = True
            else:
                layers.append(self.layer(step, recipe))
            history.append(record)
        if recipe.variant == "truncated":
            layers[_hook_layer(recipe)] = self._truncated(layers[_hook_layer(recipe)])
        diff_ids = [layer.diff_id for layer in layers]
        if recipe.variant == "wrong-diff-ids":
            diff_ids[_hook_layer(recipe)] = "sha256:" + "ab" * 32
        config = {
            "architecture": recipe.architecture,
            "os": "linux",
            "config": recipe.config(),
            "created": CREATED,
            "history": history,
            "rootfs": {"type": "layers", "diff_ids": diff_ids},
        }
        if recipe.variant_of_architecture:
            config["variant"] = recipe.variant_of_architecture
        digest, size = self.put(json.dumps(config).encode())
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE[recipe.family],
            "config": {"mediaType": CONFIG_TYPE[recipe.family], "size": size, "digest": digest},
            "layers": [layer.descriptor() for layer in layers],
        }
        # Registries hold manifests as they were pushed: upstream's builder indents by three.
        digest, size = self.put(json.dumps(manifest, indent=3).encode())
        platform = {"architecture": recipe.architecture, "os": "linux"}
        if recipe.variant_of_architecture:
            platform["variant"] = recipe.variant_of_architecture
        return {
            "mediaType": MANIFEST_TYPE[recipe.family],
            "size": size,
            "digest": digest,
            "platform": platform,
        }

    def index(
        self,
        images: Iterable[dict[str, Any]],
        *,
        family: Family = "docker",
        attestations: bool = False,
    ) -> dict[str, Any]:
        """An index of images; with BuildKit's attestations of them when asked."""
        entries = list(images)
        if attestations:
            entries += [self._attestation(entry) for entry in entries]
        document = {"schemaVersion": 2, "mediaType": INDEX_TYPE[family], "manifests": entries}
        digest, size = self.put(json.dumps(document, indent=3).encode())
        return {"mediaType": INDEX_TYPE[family], "size": size, "digest": digest}

    def tag(self, descriptor: dict[str, Any], ref: str = "") -> str:
        """Name an image in ``index.json``; its digest."""
        entry = {key: descriptor[key] for key in ("mediaType", "size", "digest")}
        if ref:
            entry["annotations"] = {"org.opencontainers.image.ref.name": ref}
        entries = json.loads((self.path / "index.json").read_text())["manifests"]
        kept = [
            old
            for old in entries
            if old.get("annotations", {}).get("org.opencontainers.image.ref.name", "") != ref
        ]
        self._write_index([*kept, entry])
        return str(descriptor["digest"])

    def layer(self, step: Step, recipe: Recipe) -> LayerBlob:
        """Store a step's layer, streaming."""
        staging = self.path / "layer.partial"
        diff, blob = hashlib.sha256(), hashlib.sha256()
        with staging.open("wb") as file:
            level = 9 if recipe.variant == "bomb" else 1
            compressor = _compressor(recipe.compression, _Hashed(file, blob), level)
            sink = _Hashed(compressor, diff)
            if step.tar is not None:
                with step.tar.open("rb") as source:
                    while chunk := source.read(1 << 20):
                        sink.write(chunk)
            else:
                _write_tar(sink, step.entries or (), recipe.seed)
            compressor.close()
        digest = blob.hexdigest()
        size = staging.stat().st_size
        staging.replace(self.blobs / digest)
        media_type = LAYER_TYPE[recipe.family, recipe.compression]
        return LayerBlob(f"sha256:{digest}", size, f"sha256:{diff.hexdigest()}", media_type)

    def corrupt(self, digest: str, *, position: int = -20) -> None:
        """Flip one bit of a blob; its size stays."""
        path = self.blob_path(digest)
        data = bytearray(path.read_bytes())
        data[position] ^= 1
        path.write_bytes(data)

    def _truncated(self, layer: LayerBlob) -> LayerBlob:
        data = self.read(layer.digest)
        digest, size = self.put(data[: len(data) // 2])
        return replace(layer, digest=digest, size=size)

    def _attestation(self, entry: dict[str, Any]) -> dict[str, Any]:
        statement = {"_type": "https://in-toto.io/Statement/v0.1", "subject": []}
        layer_digest, layer_size = self.put(json.dumps(statement).encode())
        config = {"architecture": "unknown", "os": "unknown", "config": {}}
        config_digest, config_size = self.put(json.dumps(config).encode())
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE["oci"],
            "config": {
                "mediaType": CONFIG_TYPE["oci"],
                "digest": config_digest,
                "size": config_size,
            },
            "layers": [
                {
                    "mediaType": "application/vnd.in-toto+json",
                    "digest": layer_digest,
                    "size": layer_size,
                }
            ],
        }
        digest, size = self.put(json.dumps(manifest).encode())
        return {
            "mediaType": MANIFEST_TYPE["oci"],
            "digest": digest,
            "size": size,
            "annotations": {
                "vnd.docker.reference.type": "attestation-manifest",
                "vnd.docker.reference.digest": entry["digest"],
            },
            "platform": {"architecture": "unknown", "os": "unknown"},
        }

    def _write_index(self, entries: list[dict[str, Any]]) -> None:
        document = {"schemaVersion": 2, "manifests": entries}
        (self.path / "index.json").write_text(json.dumps(document))


def layout(path: Path, *recipes: Recipe, ref: str = "v3.3.2", attestations: bool = False) -> str:
    """An OCI layout at ``path`` with one image, or an index of several; the top digest."""
    store = ImageStore(path)
    images = [store.image(recipe) for recipe in recipes or (Recipe(),)]
    if len(images) == 1 and not attestations:
        return store.tag(images[0], ref)
    family = recipes[0].family if recipes else "docker"
    return store.tag(store.index(images, family=family, attestations=attestations), ref)


def docker_archive(
    store: ImageStore,
    digest: str,
    path: Path,
    *,
    names: Iterable[str] = ("kubesphere/ks-installer:v3.3.2",),
    form: Literal["save-24", "save-25", "skopeo"] = "save-24",
) -> str:
    """What ``docker save`` (before 25, or since) or skopeo writes; the image ID.

    ``digest`` is that of one platform's manifest. Layers are stored uncompressed, as those do.
    """
    manifest = store.json(digest)
    config = store.read(manifest["config"]["digest"])
    image_id = str(manifest["config"]["digest"])
    hexadecimal = image_id.removeprefix("sha256:")
    diff_ids = [text.removeprefix("sha256:") for text in json.loads(config)["rootfs"]["diff_ids"]]
    layers: list[str] = []
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT) as archive:
        stored: dict[str, str] = {}
        for number, (layer, diff_id) in enumerate(zip(manifest["layers"], diff_ids, strict=True)):
            directory_name = hashlib.sha256(f"{number}{diff_id}".encode()).hexdigest()
            name = {
                "save-24": f"{directory_name}/layer.tar",
                "save-25": f"blobs/sha256/{diff_id}",
                "skopeo": f"{diff_id}.tar",
            }[form]
            layers.append(name)
            if form == "save-24":
                _add(archive, f"{directory_name}/VERSION", b"1.0")
                _add(archive, f"{directory_name}/json", b'{"id":"x"}')
            if diff_id in stored:
                if form == "save-24":
                    info = tarfile.TarInfo(name)
                    info.type, info.linkname = tarfile.SYMTYPE, f"../{stored[diff_id]}"
                    archive.addfile(info)
                continue
            stored[diff_id] = name
            _add(archive, name, _plain(store.read(layer["digest"])))
        config_name = f"blobs/sha256/{hexadecimal}" if form == "save-25" else f"{hexadecimal}.json"
        _add(archive, config_name, config)
        image = {"Config": config_name, "RepoTags": list(names), "Layers": layers}
        _add(archive, "manifest.json", json.dumps([image]).encode() + b"\n")
        if form == "save-25":
            _add_layout(archive, config, diff_ids, list(names))
    return image_id


def _add_layout(
    archive: tarfile.TarFile, config: bytes, diff_ids: list[str], names: list[str]
) -> None:
    sizes = {member.name: member.size for member in archive.getmembers()}
    manifest = json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE["oci"],
            "config": {
                "mediaType": CONFIG_TYPE["oci"],
                "digest": f"sha256:{hashlib.sha256(config).hexdigest()}",
                "size": len(config),
            },
            "layers": [
                {
                    "mediaType": LAYER_TYPE["oci", "none"],
                    "digest": f"sha256:{diff_id}",
                    "size": sizes[f"blobs/sha256/{diff_id}"],
                }
                for diff_id in diff_ids
            ],
        }
    ).encode()
    digest = hashlib.sha256(manifest).hexdigest()
    _add(archive, f"blobs/sha256/{digest}", manifest)
    entries = [
        {
            "mediaType": MANIFEST_TYPE["oci"],
            "digest": f"sha256:{digest}",
            "size": len(manifest),
            "annotations": {
                "io.containerd.image.name": f"docker.io/{name}",
                "org.opencontainers.image.ref.name": name.rpartition(":")[2],
            },
        }
        for name in names
    ]
    document = {"schemaVersion": 2, "mediaType": INDEX_TYPE["oci"], "manifests": entries}
    _add(archive, "index.json", json.dumps(document).encode())
    _add(archive, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')


def _add(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mtime = len(data), MTIME
    archive.addfile(info, io.BytesIO(data))


def _plain(data: bytes) -> bytes:
    if data.startswith(b"\x1f\x8b"):
        return gzip.decompress(data)
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        import zstandard

        with zstandard.ZstdDecompressor().stream_reader(data) as reader:
            return bytes(reader.read())
    return data


# --- the two recipes ----------------------------------------------------------------------------


def _base_entries(recipe: Recipe) -> tuple[Entry, ...]:
    entries = [
        directory("bin"),
        directory("etc"),
        Entry("etc/passwd", b"root:x:0:0::/root:/bin/sh\nkubesphere:x:1002:1002::/home:/bin/sh\n"),
        Entry("etc/group", b"root:x:0:\nkubesphere:x:1002:\n"),
        directory("usr"),
        directory("usr/lib"),
        directory("tmp", mode=0o1777),
    ]
    if recipe.padding:
        entries.append(Entry("usr/lib/padding", padding=recipe.padding))
    return tuple(entries)


def _base_step(recipe: Recipe, created_by: str) -> Step:
    if recipe.rootfs is not None:
        return Step(created_by, tar=recipe.rootfs)
    return Step(created_by, _base_entries(recipe))


def _hook_entries(recipe: Recipe, owner: int) -> tuple[Entry, ...]:
    hook = Entry(HOOK_PATH, recipe.hook, recipe.hook_mode, owner, owner)
    schedule = Entry("hooks/kubesphere/schedule.sh", b"#!/bin/sh\n", 0o755, owner, owner)
    parents = (directory("hooks", owner=owner), directory("hooks/kubesphere", owner=owner))
    if recipe.variant == "no-hook":
        return (*parents, schedule)
    if recipe.variant == "symlink":
        hook = replace(hook, kind="symlink", link="../../etc/passwd", data=b"")
    elif recipe.variant == "hardlink":
        other = replace(hook, path="hooks/kubesphere/other.py")
        return (*parents, other, replace(hook, kind="hardlink", link=other.path, data=b""))
    elif recipe.variant == "directory":
        hook = replace(hook, kind="dir", data=b"")
    elif recipe.variant == "fifo":
        hook = replace(hook, kind="fifo", data=b"")
    return (*parents, hook, schedule)


def _added(recipe: Recipe, under: str, *defaults: Entry) -> tuple[Entry, ...]:
    own = tuple(entry for entry in recipe.files if entry.path.startswith(under))
    steps = under.split("/")
    above = ["/".join(steps[: n + 1]) for n in range(len(steps) - 1)]
    # those exist already, as the RUN left them, and ADD leaves them so
    parents = [*(directory(path, owner=recipe.owner) for path in above), directory(under)]
    return (*parents, *(own or defaults))


def _data_steps(recipe: Recipe, template: str, comment: str) -> list[Step]:
    return [
        Step(
            template.format(what="roles", kind="dir", to="/kubesphere/installer/roles"),
            _added(
                recipe,
                "kubesphere/installer/roles",
                Entry("kubesphere/installer/roles/common.yaml", b"- debug:\n"),
            ),
            comment=comment,
        ),
        Step(
            template.format(what="env", kind="dir", to="/kubesphere/results/env"),
            _added(
                recipe,
                "kubesphere/results/env",
                Entry("kubesphere/results/env/cmdline", b"-e @/kubesphere/config/ks-config.json"),
            ),
            comment=comment,
        ),
        Step(
            template.format(what="playbooks", kind="dir", to="/kubesphere/playbooks"),
            _added(
                recipe,
                "kubesphere/playbooks",
                Entry("kubesphere/playbooks/preinstall.yaml", b"- hosts: localhost\n"),
            ),
            comment=comment,
        ),
    ]


def _chown_steps(recipe: Recipe) -> list[Step]:
    """``Dockerfile.complete``, built by BuildKit on python:3.10-alpine."""
    kit = "buildkit.dockerfile.v0"
    operator = Entry("shell-operator", recipe.operator, 0o755)
    mine = replace(operator, uid=KUBESPHERE, gid=KUBESPHERE)
    kubesphere = tuple(
        directory(path, owner=KUBESPHERE)
        for path in ("kubesphere", "kubesphere/installer", "kubesphere/results")
    )
    return [
        _base_step(recipe, "/bin/sh -c #(nop) ADD file:5d673d25da3a14ce1f6cf in / "),
        Step('/bin/sh -c #(nop)  CMD ["/bin/sh"]'),
        Step("ENV ARCH=amd64", comment=kit),
        Step(
            "RUN /bin/sh -c apk --no-cache add jq yq bash curl unzip openssl # buildkit",
            (directory("hooks"), directory("hooks/kubesphere"), directory("kubesphere")),
            comment=kit,
        ),
        Step(
            "COPY /go/src/github.com/flant/shell-operator/shell-operator / # buildkit",
            (operator,),
            comment=kit,
        ),
        Step(
            "ADD controller/* /hooks/kubesphere/ # buildkit",
            _hook_entries(
                recipe if recipe.variant == "no-hook" else replace(recipe, variant=""), 0
            ),
            comment=kit,
        ),
        Step(
            "RUN /bin/sh -c chown -R kubesphere:kubesphere /shell-operator &&     chown -R "
            "kubesphere:kubesphere /hooks &&     chown -R kubesphere:kubesphere /kubesphere &&"
            "     chmod +x -R /hooks/kubesphere # buildkit",
            # sorted, as engines write what a RUN changed
            (*_hook_entries(recipe, KUBESPHERE), *kubesphere, mine),
            comment=kit,
        ),
        Step("USER kubesphere", comment=kit),
        Step("ENV SHELL_OPERATOR_WORKING_DIR=/hooks", comment=kit),
        Step("ENV ANSIBLE_ROLES_PATH=/kubesphere/installer/roles", comment=kit),
        Step("WORKDIR /kubesphere", (), comment=kit),
        *_data_steps(recipe, "ADD {what} {to} # buildkit", kit),
        Step('ENTRYPOINT ["/shell-operator"]', comment=kit),
        Step('CMD ["start"]', comment=kit),
    ]


def _add_steps(recipe: Recipe) -> list[Step]:
    """``Dockerfile``, built by the classic builder on kubespheredev/shell-operator."""
    nop = "/bin/sh -c #(nop) "
    add = nop + "{kind}ADD {kind}:28ea3fc02a06a8aa31a11a5bd3e in {to} "
    operator = Entry("shell-operator", recipe.operator, 0o755)
    return [
        _base_step(recipe, nop + "ADD file:aad4290d27580cc1a094f in / "),
        Step(nop + ' CMD ["/bin/sh"]'),
        Step(
            nop + "COPY file:6f0ffb2ae3a7b1ae6cd81 in / ",
            (operator, directory("hooks"), directory("kubesphere")),
        ),
        Step(nop + ' ENTRYPOINT ["/shell-operator"]'),
        Step(nop + ' CMD ["start"]'),
        Step(nop + " ENV ANSIBLE_ROLES_PATH=/kubesphere/installer/roles"),
        Step(nop + "WORKDIR /kubesphere"),
        Step(
            nop + "ADD multi:0b4b7d09a6fe3d4a2d1 in /hooks/kubesphere/ ", _hook_entries(recipe, 0)
        ),
        *_data_steps(recipe, add.replace("{kind}ADD", "ADD"), ""),
        Step(nop + " USER kubesphere"),
    ]


def _spoil(recipe: Recipe, steps: list[Step]) -> list[Step]:
    """Add the later layer of a hostile variant, or the lie."""
    hidden = {
        "whiteout": Entry("hooks/kubesphere/.wh.installRunner.py"),
        "whiteout-parent": Entry("hooks/.wh.kubesphere"),
        "opaque": Entry("hooks/kubesphere/.wh..wh..opq"),
        "parent-symlink": Entry("hooks/kubesphere", kind="symlink", link="/tmp"),
        "bomb": Entry("zeros", data=b""),
    }.get(recipe.variant)
    if recipe.variant == "lying-history":
        at = _hook_step(recipe, steps)
        lie = "ADD roles /kubesphere/installer/roles # buildkit"
        return [*steps[:at], replace(steps[at], created_by=lie), *steps[at + 1 :]]
    if recipe.variant == "many-layers":
        return [*steps, *(Step("RUN true", ()) for _ in range(600))]
    if hidden is None:
        return steps
    if recipe.variant == "bomb":
        hidden = replace(hidden, padding=-recipe.bomb)
    return [*steps, Step("RUN /bin/sh -c true # buildkit", (hidden,))]


def _hook_step(recipe: Recipe, steps: list[Step]) -> int:
    marker = "chown -R" if recipe.shape == "chown" else "in /hooks/kubesphere/"
    return next(number for number, step in enumerate(steps) if marker in step.created_by)


def _hook_layer(recipe: Recipe) -> int:
    steps = recipe.steps()
    return sum(not step.empty for step in steps[: _hook_step(recipe, steps)])


# --- tar and compression ------------------------------------------------------------------------


class _Hashed:
    """A writer that hashes what passes."""

    def __init__(self, sink: Any, hasher: Any) -> None:
        self._sink, self._hasher, self._count = sink, hasher, 0

    def write(self, data: bytes) -> int:
        self._hasher.update(data)
        self._sink.write(data)
        self._count += len(data)
        return len(data)

    def tell(self) -> int:
        return self._count

    def flush(self) -> None:
        """Nothing is buffered here."""


class _PlainWriter:
    def __init__(self, sink: _Hashed) -> None:
        self.write = sink.write

    def close(self) -> None:
        """The sink belongs to the caller."""


def _compressor(compression: Compression, sink: Any, level: int) -> Any:
    if compression == "gzip":
        return gzip.GzipFile(filename="", mode="wb", fileobj=sink, mtime=0, compresslevel=level)
    if compression == "zstd":
        import zstandard

        return zstandard.ZstdCompressor(level=1).stream_writer(sink, closefd=False)
    return _PlainWriter(sink)


class _Noise(io.RawIOBase):
    """``size`` bytes: reproducible noise, or zeros when ``size`` is negative."""

    def __init__(self, size: int, seed: int) -> None:
        self._left, self._zeros = abs(size), size < 0
        self._random = random.Random(seed)

    def read(self, size: int = -1) -> bytes:
        count = self._left if size < 0 else min(size, self._left)
        self._left -= count
        return bytes(count) if self._zeros else self._random.randbytes(count)


def _write_tar(sink: Any, entries: Iterable[Entry], seed: int) -> None:
    kinds = {
        "file": tarfile.REGTYPE,
        "dir": tarfile.DIRTYPE,
        "symlink": tarfile.SYMTYPE,
        "hardlink": tarfile.LNKTYPE,
        "fifo": tarfile.FIFOTYPE,
    }
    with tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        for entry in entries:
            info = tarfile.TarInfo(entry.path)
            info.type, info.mode, info.mtime = kinds[entry.kind], entry.mode, MTIME
            info.uid, info.gid, info.linkname = entry.uid, entry.gid, entry.link
            info.size = abs(entry.padding) or len(entry.data)
            content: Any = io.BytesIO(entry.data)
            if entry.padding:
                content = _Noise(entry.padding, seed)
            archive.addfile(info, content if entry.kind == "file" else None)


def blobs_of(path: Path) -> Iterator[Path]:
    """All blob files of a layout, sorted."""
    yield from sorted(Path(entry.path) for entry in os.scandir(path / "blobs" / "sha256"))
