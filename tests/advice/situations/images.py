"""Images that are damaged, of another kind, or not proven."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.advice.situation import BUILD, Words, image, place, situation
from tests.support import derived, kubekey
from tests.support.images import Recipe

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def blobs(folder: Path) -> list[Path]:
    """Of ``oci:image``, smallest first."""
    found = (folder / "image" / "blobs" / "sha256").iterdir()
    return sorted(found, key=lambda path: path.stat().st_size)


def index(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "image" / "index.json").read_text())
    return found


def put(folder: Path, document: Any) -> dict[str, Any]:
    """Another blob of ``oci:image``; its descriptor without a media type."""
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    digest = hashlib.sha256(data).hexdigest()
    (folder / "image" / "blobs" / "sha256" / digest).write_bytes(data)
    return {"digest": f"sha256:{digest}", "size": len(data)}


def artifact(folder: Path, kind: str) -> dict[str, Any]:
    """What `oras push` or `helm push` leave in a layout."""
    config = {"mediaType": kind, **put(folder, {"name": "x"})}
    layer = {"mediaType": "application/vnd.cncf.helm.chart.content.v1.tar+gzip"}
    layers = [{**layer, **put(folder, b"x")}]
    document = {"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers}
    return {"mediaType": MANIFEST, **put(folder, document)}


def listed(folder: Path, *entries: dict[str, Any]) -> None:
    """Make these the only image of ``oci:image``, one by itself or several as an index."""
    if len(entries) > 1:
        kind = "application/vnd.oci.image.index.v1+json"
        document = {"schemaVersion": 2, "mediaType": kind, "manifests": entries}
        entries = ({"mediaType": kind, **put(folder, document)},)
    named = {**entries[0], "annotations": {"org.opencontainers.image.ref.name": "v3.3.2"}}
    document = {"schemaVersion": 2, "manifests": [named]}
    (folder / "image" / "index.json").write_text(json.dumps(document))


@situation("digest-mismatch", "copy the image again")
def a_bit_has_tipped(folder: Path) -> Words:
    image(folder)
    path = blobs(folder)[-1]
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    return BUILD


@situation("malformed-image")
def a_blob_is_missing(folder: Path) -> Words:
    """What `ctr image export` leaves of an image of which one platform was pulled."""
    image(folder)
    blobs(folder)[-1].unlink()
    return BUILD


@situation("malformed-image", "or export all of it")
def exported_in_part(folder: Path) -> Words:
    image(folder, Recipe(), Recipe(architecture="arm64"))
    (top,) = index(folder)["manifests"]
    found = json.loads((folder / "image/blobs/sha256" / top["digest"][7:]).read_text())
    arm = next(e for e in found["manifests"] if e["platform"]["architecture"] == "arm64")
    (folder / "image/blobs/sha256" / arm["digest"][7:]).unlink()
    return BUILD


@situation("unsupported-image", "name the installer's image")
def a_helm_chart(folder: Path) -> Words:
    image(folder)
    listed(folder, artifact(folder, "application/vnd.cncf.helm.config.v1+json"))
    return BUILD


@situation("unsupported-image", "name the installer's image")
def an_index_with_an_artifact(folder: Path) -> Words:
    image(folder)
    (top,) = index(folder)["manifests"]
    linux = {**top, "platform": {"os": "linux", "architecture": "amd64"}}
    chart = artifact(folder, "application/vnd.cncf.helm.config.v1+json")
    listed(folder, linux, {**chart, "platform": {"os": "linux", "architecture": "arm64"}})
    return BUILD


@situation("image-not-found")
def kubekeys_artifact(folder: Path) -> Words:
    kubekey.folder(folder / "kk")
    kubekey.artifact(folder / "kk", folder / "artifact.tar.gz")
    shutil.rmtree(folder / "kk")
    return ("build", "v3.3.2", "--from", "oci-archive:artifact.tar.gz", "--to", "oci:out")


class Changed(Recipe):
    """The same image with another environment."""

    def config(self) -> dict[str, Any]:
        return {**super().config(), "Env": ["PATH=/bin"]}


@situation("proof-failed")
def somebody_changed_it(folder: Path) -> Words:
    image(folder)
    with derived.planned("oci:image") as plan:
        derived.publish_plan(plan, "oci:out:v3.3.2-debug")
    other = "oci:other"
    derived.base(folder / "other", Changed())
    return ("verify", "oci:out:v3.3.2-debug", "--base", other)


@situation("not-reproducible")
def with_another_base(folder: Path) -> Words:
    somebody_changed_it(folder)
    return ("reproduce", "oci:out:v3.3.2-debug", "--base", "oci:other")


@situation("destination-is-source")
def onto_itself(folder: Path) -> Words:
    image(folder)
    with closing(derived.opened("oci:image")) as source:
        derived.copied(source, "docker-archive:a.tar:x/y:v3.3.2")
    return ("build", "v3.3.2", "--from", "docker-archive:a.tar", "--to", "docker-archive:a.tar")


@situation("release-mismatch")
def another_release(folder: Path) -> Words:
    from ksimage.upstream import releases

    image(folder)
    known = {found.tag: found for found in releases.all_releases()}
    hook = hashlib.sha256(derived.HOOK).hexdigest()
    place.env.setattr(
        releases, "by_hook", lambda sha256: (known["v3.4.1"],) if sha256 == hook else ()
    )
    return BUILD


@situation("checks-failed")
def one_base_is_missing(folder: Path) -> Words:
    image(folder)
    return ("check", "v3.3.2", "--from", "oci:image", "--target", "127.0.0.1:1/p")


@situation("cannot-read")
def settings_of_kk_are_missing(folder: Path) -> Words:
    return ("kubekey", "none.yaml", "--kk-version", "v3.0.13")


@situation("cannot-report")
def no_file_for_outputs(folder: Path) -> Words:
    image(folder)
    place.env.setenv("GITHUB_ACTIONS", "true")
    place.env.setenv("GITHUB_OUTPUT", str(folder))
    return BUILD


@situation("no-space", "free some space")
def disk_is_full(folder: Path) -> Words:
    kubekey.artifact(kubekey.folder(folder / "kk"), folder / "a.tar.gz")
    place.env.setattr("ksimage.locations.files.staging.RESERVE", 1 << 60)
    return ("build", "v3.3.2", "--from", "kubekey:a.tar.gz", "--to", "kubekey:a.tar.gz")


@situation("tag-occupied", places={"TAG": "other"})
def another_tag_in_an_archive(folder: Path) -> Words:
    image(folder)
    with tarfile.open(folder / "a.tar", "w") as archive:
        archive.add(folder / "image", ".")
    return ("build", "v3.3.2", "--from", "oci:image", "--to", "oci-archive:a.tar")


@situation("unsupported-image", "name one image of it:")
def two_images_for_one_platform(folder: Path) -> Words:
    image(folder)
    (top,) = index(folder)["manifests"]
    derived.base(folder / "image", Recipe(labels={"x": "y"}), ref="other")
    other = index(folder)["manifests"][-1]
    linux = {"os": "linux", "architecture": "amd64"}
    listed(folder, {**top, "platform": linux}, {**other, "platform": linux})
    return BUILD


@situation("unsupported-image", "name one image of it:")
def an_artifact_beside_an_image(folder: Path) -> Words:
    image(folder)
    (top,) = index(folder)["manifests"]
    linux = {**top, "platform": {"os": "linux", "architecture": "amd64"}}
    listed(folder, linux, artifact(folder, "application/vnd.cncf.helm.config.v1+json"))
    return BUILD
