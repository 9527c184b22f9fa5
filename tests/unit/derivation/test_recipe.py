"""The recipe: env, labels and times of a derived image, given its base's."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from tests.support.images import CREATED, HOOK, MTIME, Recipe, layout

import ksimage
from ksimage.base import images as base_images
from ksimage.base.images import PlatformImage
from ksimage.derivation import recipe
from ksimage.derivation.labels import PatchId, Provenance
from ksimage.derivation.recipe import make, source_date_epoch
from ksimage.errors import ConfigError
from ksimage.hook.find import find_hook
from ksimage.hook.layers import Hook
from ksimage.images.layer import MAX_MTIME
from ksimage.locations.oci.layout import LayoutSource

STATEMENT = Provenance(
    "v3.3.2",
    "harbor.lan/kubesphereio/ks-installer:v3.3.2",
    (PatchId("unquiet", "ab" * 32), PatchId("verbosity", "cd" * 32)),
    {"site": "north"},
)
DIGEST = "sha256:" + "1" * 64


def image(path: Path, **fields: Any) -> tuple[PlatformImage, Hook]:
    layout(path, Recipe(**fields))
    source = LayoutSource(path, "v3.3.2")
    found = base_images.read_images(source).images[0]
    return found, find_hook(source, found)


def made(path: Path, statement: Provenance = STATEMENT, **fields: Any) -> recipe.Recipe:
    epoch = fields.pop("epoch", None)
    found, hook = image(path, **fields)
    return make(found, hook, b"new", statement, verbosity=5, base_digest=DIGEST, epoch=epoch)


def test_file(tmp_path: Path) -> None:
    file = made(tmp_path, hook_mode=0o750).file
    assert (file.path, file.data) == ("hooks/kubesphere/installRunner.py", b"new")
    assert (file.mode, file.uid, file.gid, file.mtime) == (0o750, 1002, 1002, MTIME)


def test_env(tmp_path: Path) -> None:
    assert made(tmp_path).env == {"KS_INSTALLER_VERBOSITY": "5", "PYTHONUNBUFFERED": "1"}


def test_labels_and_annotations(tmp_path: Path) -> None:
    found = made(tmp_path)
    said = {
        "org.opencontainers.image.base.name": STATEMENT.base_name,
        "org.opencontainers.image.base.digest": DIGEST,
        "io.ksimage.version": ksimage.__version__,
        "io.ksimage.release": "v3.3.2",
        "io.ksimage.patches": f"unquiet@sha256:{'ab' * 32} verbosity@sha256:{'cd' * 32}",
        "io.ksimage.hook.before": hashlib.sha256(HOOK).hexdigest(),
        "io.ksimage.hook.after": hashlib.sha256(b"new").hexdigest(),
    }
    assert found.annotations == said
    assert found.labels == {**said, "site": "north"}


def test_claims_about_the_bases_origin_are_blanked(tmp_path: Path) -> None:
    prefix = "org.opencontainers.image."
    inherited = {
        prefix + "source": "https://github.com/kubesphere",
        prefix + "vendor": "QingCloud",
        prefix + "url": "",
        prefix + "licenses": "Apache-2.0",
        "maintainer": "kubesphere",
    }
    labels = made(tmp_path, labels=inherited).labels
    assert {key: labels[key] for key in labels if key in inherited} == {
        prefix + "source": "",
        prefix + "vendor": "",
    }


def test_an_earlier_builds_labels_do_not_stay(tmp_path: Path) -> None:
    inherited = {
        "io.ksimage.gone": "x",
        "io.ksimage.release": "v1",
        "org.opencontainers.image.base.name": "old",
        "org.opencontainers.image.base.digest": "old",
    }
    nameless = STATEMENT._replace(base_name="")
    labels = made(tmp_path, nameless, labels=inherited).labels
    assert labels["io.ksimage.gone"] == ""
    assert labels["io.ksimage.release"] == "v3.3.2"
    assert labels["org.opencontainers.image.base.name"] == ""
    assert labels["org.opencontainers.image.base.digest"] == DIGEST


@pytest.mark.parametrize("key", ["io.ksimage.a\nRUN id", "io.ksimage.\u2028x", 'io.ksimage."'])
def test_keys_that_are_not_ours_are_left_alone(tmp_path: Path, key: str) -> None:
    """Whoever made the base chose them, and they would be written into a Dockerfile."""
    assert key not in made(tmp_path, labels={key: "x"}).labels


class TestTimes:
    def test_of_the_base(self, tmp_path: Path) -> None:
        found = made(tmp_path)
        assert (found.created, found.file.mtime) == (CREATED, MTIME)

    def test_source_date_epoch(self, tmp_path: Path) -> None:
        found = made(tmp_path, epoch=1)
        assert (found.created, found.file.mtime) == ("1970-01-01T00:00:01Z", 1)

    @pytest.mark.parametrize(
        ("created", "text", "mtime"),
        [
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z", MAX_MTIME),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", 0),
            ("soon", "1970-01-01T00:00:00Z", 0),
            (None, "1970-01-01T00:00:00Z", 0),
            ({"x": "y"}, "1970-01-01T00:00:00Z", 0),
        ],
    )
    def test_odd_ones(self, tmp_path: Path, created: Any, text: str, mtime: int) -> None:
        found, hook = image(tmp_path)
        found = found._replace(config={**found.config, "created": created})
        built = make(found, hook, b"new", STATEMENT, verbosity=0, base_digest=DIGEST)
        assert (built.created, built.file.mtime) == (text, mtime)


@pytest.mark.parametrize(
    ("text", "expected"), [(None, None), ("", None), ("0", 0), ("1666253742", 1_666_253_742),
                           (str(MAX_MTIME), MAX_MTIME)],
)  # fmt: skip
def test_source_date_epoch(text: str | None, expected: int | None) -> None:
    assert source_date_epoch({} if text is None else {"SOURCE_DATE_EPOCH": text}) == expected


@pytest.mark.parametrize(
    "text", ["-1", "1.5", "now", " 5", "5 ", "1e3", "٣", str(MAX_MTIME + 1), "9" * 5000, "0x10"]
)
def test_malformed_source_date_epoch(text: str) -> None:
    """reproducible-builds.org: a malformed value SHOULD be an error."""
    with pytest.raises(ConfigError) as caught:
        source_date_epoch({"SOURCE_DATE_EPOCH": text})
    assert len(caught.value.message) < 100
