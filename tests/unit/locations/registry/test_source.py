"""An image in a registry, read: what is asked once, and what a cache may answer."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.faults.scripted import ScriptedRegistry
from tests.support.blobs import MemorySource

from ksimage import cache
from ksimage.errors import BlobMissing
from ksimage.images.manifest import Descriptor
from ksimage.images.mediatypes import OCI_CONFIG, OCI_INDEX
from ksimage.images.reference import parse
from ksimage.locations.options import RegistryOptions
from ksimage.locations.registry.source import RegistrySource

INDEX = b'{"schemaVersion": 2, "mediaType": "%s", "manifests": []}' % OCI_INDEX.encode()
CONFIG = replace(MemorySource().add(b'{"os": "linux"}'), media_type=OCI_CONFIG)
DATA = b'{"os": "linux"}'


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> cache.Cache:
    made = cache.Cache(tmp_path / "cache")
    monkeypatch.setattr(cache, "default", lambda: made)
    return made


def _source(script: ScriptedRegistry, options: RegistryOptions, **more: bool) -> RegistrySource:
    return RegistrySource(parse(f"{script.address}/p/r:v1"), options, **more)


def _read(source: RegistrySource, descriptor: Descriptor, offset: int = 0) -> bytes:
    with source.blob(descriptor, offset) as chunks:
        return b"".join(chunks)


def test_the_tag_is_looked_up_once_and_its_bytes_come_with_it(
    script: ScriptedRegistry, options: RegistryOptions
) -> None:
    script.on("GET", "p/r/manifests/v1", 200, INDEX, Content_Type=OCI_INDEX)
    source = _source(script, options)
    top = source.top()
    assert source.top() is top
    assert source.manifest(top) == INDEX
    assert source.name.endswith("/p/r:v1") and source.home(top) is source


def test_a_config_is_kept_and_read_from_the_cache(
    script: ScriptedRegistry, options: RegistryOptions, store: cache.Cache
) -> None:
    script.on("GET", f"p/r/blobs/{CONFIG.digest}", 200, DATA)
    assert _read(_source(script, options, cached=True), CONFIG) == DATA
    assert store.get(CONFIG.digest) == DATA
    again = _source(script, options, cached=True)
    assert _read(again, CONFIG) == DATA
    assert _read(again, CONFIG, 5) == DATA[5:]


def test_who_judges_an_image_asks_the_registry(
    script: ScriptedRegistry, options: RegistryOptions, store: cache.Cache
) -> None:
    store.put(CONFIG.digest, DATA)
    script.on("GET", f"p/r/blobs/{CONFIG.digest}", 404)
    with pytest.raises(BlobMissing):
        _read(_source(script, options), CONFIG)


def test_a_layer_is_never_kept(
    script: ScriptedRegistry, options: RegistryOptions, store: cache.Cache
) -> None:
    layer = replace(CONFIG, media_type="application/vnd.oci.image.layer.v1.tar")
    script.on("GET", f"p/r/blobs/{layer.digest}", 200, DATA)
    assert _read(_source(script, options, cached=True), layer) == DATA
    assert store.get(layer.digest) is None
