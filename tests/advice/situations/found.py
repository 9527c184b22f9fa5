"""Images that are not there, or not what they must be."""

from __future__ import annotations

from pathlib import Path

from tests.advice.situation import BUILD, Words, image, situation
from tests.support.images import Recipe, layout


@situation("unknown-release", places={"REGISTRY/ks-installer:TAG": "oci:image:v3.3.2"})
def misspelt_release(folder: Path) -> Words:
    image(folder)
    return ("build", "v3.3.3", "--from", "oci:image", "--to", "oci:out")


@situation("unsupported-release", "supported:")
def too_old(folder: Path) -> Words:
    return ("build", "v2.1.1", "--from", "oci:image", "--to", "oci:out")


@situation("ambiguous-image", "name one:", "  oci:image:")
def two_images(folder: Path) -> Words:
    image(folder, ref="a")
    image(folder, Recipe(labels={"x": "y"}), ref="b")
    return ("verify", "oci:image")


@situation("platform-not-found")
def no_such_platform(folder: Path) -> Words:
    image(folder, Recipe(), Recipe(architecture="arm64"))
    return (*BUILD, "--platform", "linux/s390x")


@situation("clone-unusable", "it must be a clone")
def no_clone(folder: Path) -> Words:
    return ("patches", "check", "--release", "v3.3.2", "--clone", ".")


@situation("hook-not-found")
def no_hook(folder: Path) -> Words:
    layout(folder / "image", Recipe(variant="no-hook"))
    return BUILD


@situation("base-moved", "then pin the new digest")
def pinned_otherwise(folder: Path) -> Words:
    image(folder)
    digest = "sha256:" + "0" * 64
    (folder / "ksimage.yaml").write_text(f"releases: [{{release: v3.3.2, base: '{digest}'}}]\n")
    return BUILD


@situation("image-not-found")
def missing_tag(folder: Path) -> Words:
    image(folder)
    return ("verify", "oci:image:v9")


HERE = {
    "harbor.lan/kubesphereio": "oci:image",
    "docker-archive:ks-installer.tar": "oci:image",
    "oci:kubekey/images": "oci:image",
}


@situation("upstream-withdrawn", places=HERE)
def upstream_is_gone(folder: Path) -> Words:
    image(folder)
    return ("build", "v3.3.2", "--to", "oci:out")
