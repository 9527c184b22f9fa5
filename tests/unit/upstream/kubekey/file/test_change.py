"""Values set in a file: only those change, by the judgement of ruamel.yaml; the rest stays."""

from __future__ import annotations

import difflib
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from ksimage.errors import KubekeyConfigNotEditable
from ksimage.upstream.kubekey import config, rules, target, versions
from ksimage.upstream.kubekey.file import change, documents
from ksimage.upstream.kubekey.file.change import Wanted

FOLDER = Path(__file__).parents[1] / "configs"
NEWEST = rules.of(versions.LATEST)
IMAGE = "harbor.lan/platform/ks-installer:v3.4.1-debug"
# kk itself could not do these: no ClusterConfiguration, none that it reads, or no Cluster.
WITHOUT = {"kubernetes-only", "separator-with-comment", "installer-only", "anchors"}


def loaded(text: str) -> list[Any]:
    """All documents as an independent parser reads them; tabs as kk takes them."""
    yaml = YAML(typ="rt")
    yaml.allow_duplicate_keys = True
    chunks = [document.text for document in documents.split(text.encode(), "c")]
    return [yaml.load(StringIO(chunk.replace("\t", " "))) for chunk in chunks]


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else str(value)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_only_what_is_wanted_changes(path: Path) -> None:
    data = path.read_bytes()
    found = config.parse(data, path.name)
    if path.stem in WITHOUT:
        with pytest.raises(KubekeyConfigNotEditable) as caught:
            target.write(data, found, NEWEST, IMAGE, 3)
        assert caught.value.why == "nothing was written"
        return
    new = target.write(data, found, NEWEST, IMAGE, 3)
    before, after = (plain(loaded(text.decode("utf-8-sig"))) for text in (data, new))
    cluster = next(d for d in reversed(before) if d.get("kind") == "Cluster")
    installer = before[-1]
    cluster["spec"].setdefault("registry", {})
    cluster["spec"]["registry"]["privateRegistry"] = "harbor.lan"
    if path.stem != "unknown-and-repeated":  # there ruamel takes the first of two, kk the last
        cluster["spec"]["registry"]["namespaceOverride"] = "platform"
    metadata = installer["metadata"]
    metadata["labels"] = {**metadata.get("labels", {}), "version": "v3.4.1-debug"}
    installer.setdefault("spec", {})["debug"] = {"verbosity": "3"}
    assert after == before
    kept = difflib.SequenceMatcher(None, data.splitlines(True), new.splitlines(True))
    touched = [op for op in kept.get_opcodes() if op[0] != "equal"]
    assert sum(max(op[2] - op[1], op[4] - op[3]) for op in touched) <= 8
    assert new.startswith(b"\xef\xbb\xbf") == data.startswith(b"\xef\xbb\xbf")
    assert (b"\r\n" in new) == (b"\r\n" in data)
    assert b"\r\n" not in data or new.count(b"\n") == new.count(b"\r\n")
    again = config.parse(new, path.name)
    assert target.write(new, again, NEWEST, IMAGE, 3) == new


def edited(text: str, *path: str, value: str | int = "new") -> str:
    document = documents.parse(text, "c.yaml")
    return change.set_all("c.yaml", document, [Wanted(path, value)])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("a:\n  b: old\n", "a:\n  b: new\n"),
        ("a:\n  b: 'old' # why\n", "a:\n  b: 'new' # why\n"),
        ('a: {"b": "old", c: 1}\n', 'a: {"b": "new", c: 1}\n'),
        ("a: {c: 1}\n", "a: {b: new, c: 1}\n"),
        ("a: {}\n", "a: {b: new}\n"),
        ("a:\n  b:\n  c: 1\n", "a:\n  b: new\n  c: 1\n"),
        ("a:\n  b: ~\n", "a:\n  b: new\n"),
        ("a:\n    c: 1\n", "a:\n    b: new\n    c: 1\n"),
        ("a:\n  # first\n  c: 1\n", "a:\n  # first\n  b: new\n  c: 1\n"),
        ("a: # nothing yet\nc: 1\n", "a: # nothing yet\n  b: new\nc: 1\n"),
        ("a:", "a:\n  b: new\n"),
        ("c: 1\n", "a:\n  b: new\nc: 1\n"),
        ("a:\r\n  b: old\r\n", "a:\r\n  b: new\r\n"),
        ("a:\r\n  c: 1\r\n", "a:\r\n  b: new\r\n  c: 1\r\n"),
        ("a:\n  b: old\n  b: older\n", "a:\n  b: old\n  b: new\n"),
        ("a:\n  b: old\t# why\n", "a:\n  b: new\t# why\n"),
    ],
)
def test_shapes(before: str, after: str) -> None:
    assert edited(before, "a", "b") == after


@pytest.mark.parametrize(
    "text",
    [
        "x: &x old\na:\n  b: *x\n",
        "a:\n  b: &x old\nc: *x\n",
        "x: &x {b: 1}\na: *x\n",
        "a: &x\n  b: old\n",
        "a:\n  b: !!str old\n",
        "a:\n  b: [1]\n",
        "a:\n  b: |\n    old\n",
        "a: text\n",
        "a: [1]\n",
        "- 1\n",
    ],
)
def test_what_cannot_be_set(text: str) -> None:
    with pytest.raises(KubekeyConfigNotEditable):
        edited(text, "a", "b")


@given(st.text(max_size=12))
def test_every_text_is_read_back(value: str) -> None:
    printable = "".join(c for c in value if c.isprintable() and c not in "\ufeff\x85")
    text = f"a: {change.scalar(printable)}\n"
    assert YAML(typ="safe").load(text)["a"] == printable


class TestImage:
    def changed(self, kk: str, image: str) -> str:
        data = (FOLDER / "v1alpha1-debug-label.yaml").read_bytes()
        found = config.parse(data, "c.yaml")
        return target.write(data, found, rules.of(versions.parse(kk)), image, None).decode()

    def refused(self, kk: str, image: str) -> str:
        with pytest.raises(KubekeyConfigNotEditable) as caught:
            self.changed(kk, image)
        return caught.value.message

    def test_without_namespace_override(self) -> None:
        text = self.changed("v1.2.2", "r.lan:5000/a/kubesphere/ks-installer:v3.2.1-rc.debug")
        assert "privateRegistry: r.lan:5000/a\n" in text
        assert "namespaceOverride" not in text
        assert "the namespace kubesphere alone" in self.refused(
            "v1.2.2", "r.lan/kubesphereio/ks-installer:v3.2.1-rc.debug"
        )

    def test_labels_that_kk_refuses(self) -> None:
        assert "alpha, rc or release" in self.refused("v1.2.2", IMAGE.replace("v3.4.1", "v3.2.1"))
        assert "it knows v2.1.1 to v3.3.0" in self.refused("v2.2.3", IMAGE)
        assert "puts a v before it" in self.refused("v3.1.12", IMAGE.replace("v3.4.1", "3.4.1"))

    @pytest.mark.parametrize(
        "image", ["r.lan/ks-installer:v1", "r.lan/a/other:v3.4.1", "r.lan/a/ks-installer"]
    )
    def test_images_that_kk_cannot_deploy(self, image: str) -> None:
        assert "kk deploys REGISTRY/NAMESPACE/ks-installer:TAG only" in self.refused(
            "v3.1.12", image
        )
