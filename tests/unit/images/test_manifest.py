"""Manifests and indexes that a registry could send to do harm."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ksimage.errors import MalformedImage, UnsupportedImage
from ksimage.images.documents import encode, load_json
from ksimage.images.manifest import MAX_LAYERS, MAX_MANIFEST, MAX_PLATFORMS, Index, Manifest, parse
from ksimage.images.mediatypes import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST

DIGEST = "sha256:" + "a" * 64


def a_descriptor(**fields: Any) -> dict[str, Any]:
    return {"mediaType": "application/x", "digest": DIGEST, "size": 3, **fields}


def a_manifest(**fields: Any) -> dict[str, Any]:
    return {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": a_descriptor(),
        "layers": [a_descriptor()],
        **fields,
    }


def an_index(*entries: Any, **fields: Any) -> dict[str, Any]:
    return {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": list(entries), **fields}


def read(document: Any, media_type: str | None = None) -> Manifest | Index:
    return parse("the image", json.dumps(document).encode(), media_type)


def refusal(document: Any, media_type: str | None = None) -> str:
    with pytest.raises(MalformedImage) as caught:
        read(document, media_type)
    assert len(caught.value.why) < 400, "hostile text is not repeated at length"
    return caught.value.why


class TestJson:
    @pytest.mark.parametrize(
        "text",
        [
            b"",
            b"[]",
            b"null",
            b"{",
            b"\xff\xfe{}",
            b'{"a": NaN}',
            b'{"a": -Infinity}',
            b'{"a": 1, "a": 2}',
            b'{"a": {"b": 1, "b": 1}}',
            b'{"a": "\\ud800"}',
            b'{"a": "\\uDC00x"}',
            b'{"\\ud800": 1}',
            b"[" * 100_000,
            b'{"a":' * 100_000,
            b'{"a": ' + b"9" * 10_000 + b"}",
        ],
    )
    def test_refused(self, text: bytes) -> None:
        with pytest.raises(MalformedImage) as caught:
            load_json("the image", text, 1 << 20)
        assert caught.value.exit_code == 11

    def test_limit(self) -> None:
        data = json.dumps({"a": "x" * 100}).encode()
        assert load_json("x", data, len(data)) == {"a": "x" * 100}
        with pytest.raises(MalformedImage, match="not a valid image"):
            load_json("x", data, len(data) - 1)

    def test_long_key_twice_is_not_repeated_at_length(self) -> None:
        key = "k" * 100_000
        with pytest.raises(MalformedImage) as caught:
            load_json("x", b'{"%s": 1, "%s": 2}' % (key.encode(), key.encode()), 1 << 20)
        assert len(caught.value.why) < 300

    def test_pairs_of_surrogates_are_text(self) -> None:
        assert load_json("x", b'{"a": "\\ud83d\\ude00"}', 99) == {"a": "\N{GRINNING FACE}"}

    def test_encoding_depends_on_the_document_alone(self) -> None:
        assert encode({"b": 1, "a": ["ü"]}) == '{"b":1,"a":["ü"]}'.encode()


class TestParse:
    def test_kinds(self) -> None:
        for kind in (OCI_MANIFEST, DOCKER_MANIFEST):
            found = read(a_manifest(mediaType=kind))
            assert isinstance(found, Manifest)
            assert found.is_docker == (kind == DOCKER_MANIFEST)
        for kind in (OCI_INDEX, DOCKER_LIST):
            found = read(an_index(mediaType=kind))
            assert isinstance(found, Index)
            assert found.is_docker == (kind == DOCKER_LIST)

    @pytest.mark.parametrize("announced", [None, "", "application/json", "text/plain"])
    def test_media_type_is_optional(self, announced: str | None) -> None:
        bare = a_manifest()
        del bare["mediaType"]
        assert read(bare, announced).media_type == OCI_MANIFEST
        bare = an_index()
        del bare["mediaType"]
        assert read(bare, announced).media_type == OCI_INDEX

    def test_announced_type_of_a_bare_document(self) -> None:
        bare = a_manifest()
        del bare["mediaType"]
        assert read(bare, DOCKER_MANIFEST).media_type == DOCKER_MANIFEST

    def test_announced_otherwise(self) -> None:
        assert "announced as" in refusal(a_manifest(), DOCKER_MANIFEST)
        assert "announced as" in refusal(a_manifest(), OCI_INDEX)

    @pytest.mark.parametrize(
        "document",
        [
            {"schemaVersion": 1, "name": "x", "fsLayers": []},
            a_manifest(mediaType="application/vnd.docker.distribution.manifest.v1+prettyjws"),
        ],
    )
    def test_schema_1(self, document: Any) -> None:
        with pytest.raises(UnsupportedImage) as caught:
            read(document)
        assert "schema 1" in caught.value.why
        assert "v2s2" in caught.value.advice[0]

    @pytest.mark.parametrize("version", [None, 3, "2", [2] * 9999])
    def test_other_schema(self, version: Any) -> None:
        assert "schemaVersion" in refusal(a_manifest(schemaVersion=version))

    @pytest.mark.parametrize(
        "kind", ["application/vnd.oci.artifact.manifest.v1+json", "x" * 9999, 5, ["x" * 9999]]
    )
    def test_other_media_type(self, kind: Any) -> None:
        assert "neither an image nor an index" in refusal(a_manifest(mediaType=kind))

    def test_both_at_once(self) -> None:
        """CVE-2021-41190: two readers would see two images."""
        assert "both" in refusal(a_manifest(manifests=[]))
        assert "both" in refusal(an_index(layers=[]))
        assert "both" in refusal(an_index(config=a_descriptor()))

    @pytest.mark.parametrize(
        "document",
        [
            a_manifest(Layers=[]),
            a_manifest(Config=a_descriptor()),
            an_index(Manifests=[]),
            a_manifest(MEDIATYPE=OCI_INDEX),
            a_manifest(layers=[a_descriptor(Digest="sha256:" + "b" * 64)]),
            a_manifest(config=a_descriptor(SIZE=9)),
            an_index(a_descriptor(platform={"os": "linux", "architecture": "a", "OS": "x"})),
        ],
    )
    def test_keys_that_go_reads_as_others(self, document: Any) -> None:
        assert "by case" in refusal(document)

    def test_bounds(self) -> None:
        read(a_manifest(layers=[a_descriptor()] * MAX_LAYERS))
        assert "layers" in refusal(a_manifest(layers=[a_descriptor()] * (MAX_LAYERS + 1)))
        read(an_index(*[a_descriptor()] * MAX_PLATFORMS))
        assert "manifests" in refusal(an_index(*[a_descriptor()] * (MAX_PLATFORMS + 1)))
        assert str(MAX_MANIFEST) in refusal(a_manifest(annotations={"x": "y" * MAX_MANIFEST}))

    @pytest.mark.parametrize("value", [None, {}, "x", 5])
    def test_lists(self, value: Any) -> None:
        assert "not a list" in refusal(a_manifest(layers=value))
        assert "not a list" in refusal(an_index(manifests=value))

    @pytest.mark.parametrize("value", [[], "x", {"a": 1}, {"a": None}])
    def test_annotations(self, value: Any) -> None:
        assert "map of strings" in refusal(a_manifest(annotations=value))


class TestDescriptor:
    @pytest.mark.parametrize(
        "fields",
        [
            {"digest": "sha256:" + "A" * 64},
            {"digest": "sha256:" + "a" * 63},
            {"digest": "sha512:" + "a" * 128},
            {"digest": "sha256:../../etc/passwd"},
            {"digest": DIGEST + "\n"},
            {"digest": None},
            {"digest": ["x" * 9999]},
            {"size": -1},
            {"size": 1 << 50},
            {"size": True},
            {"size": "3"},
            {"size": 3.0},
            {"size": None},
            {"mediaType": None},
            {"mediaType": "x" * 256},
            {"urls": "http://x"},
            {"urls": [5]},
            {"annotations": {"a": 1}},
            {"platform": "linux/amd64"},
            {"platform": {"os": 5}},
        ],
    )
    def test_refused(self, fields: dict[str, Any]) -> None:
        refusal(an_index(a_descriptor(**fields)))

    @pytest.mark.parametrize("entry", [None, "x", [], 5])
    def test_no_object(self, entry: Any) -> None:
        refusal(an_index(entry))
        refusal(a_manifest(config=entry))

    @pytest.mark.parametrize("field", ["os", "architecture", "variant", "os.version"])
    @pytest.mark.parametrize("value", ["amd64\nRUN id", "a b", "a/b", "\x1b[31m", "x" * 65, "ü"])
    def test_platforms_are_words(self, field: str, value: str) -> None:
        """They are written into Dockerfiles and to terminals."""
        platform = {"os": "linux", "architecture": "amd64", field: value}
        assert "names no platform" in refusal(an_index(a_descriptor(platform=platform)))

    def test_unknown_fields_are_kept(self) -> None:
        found = read(a_manifest(layers=[a_descriptor(data="eA==", artifactType="y")]))
        assert isinstance(found, Manifest)
        assert found.layers[0].to_json() == a_descriptor(data="eA==", artifactType="y")
