"""What is read out of a configuration."""

from __future__ import annotations

from pathlib import Path

from ksimage.upstream.kubekey import config
from ksimage.upstream.kubekey.image import Registry

FOLDER = Path(__file__).parent / "configs"


def read(name: str) -> config.Configuration:
    return config.parse((FOLDER / f"{name}.yaml").read_bytes(), f"{name}.yaml")


def test_the_usual() -> None:
    found = read("harbor-airgap")
    assert (found.api, found.kubernetes, found.runtime) == ("v1alpha2", "v1.22.12", "containerd")
    assert found.registry == Registry("dockerhub.kubekey.local", "kubesphereio", "harbor")
    assert found.installer is not None
    assert (found.installer.kind, found.installer.label) == ("ClusterConfiguration", "v3.3.2")
    assert found.notes == ()


def test_a_registry_that_kk_installs() -> None:
    found = read("plain-registry")
    assert found.registry.kind == ""


def test_kubesphere_2_is_a_config_map() -> None:
    found = read("configmap-2.1.1")
    assert found.installer is not None
    assert (found.installer.kind, found.installer.label) == ("ConfigMap", "v2.1.1")
    assert found.api == "v1alpha1"


def test_aliases_and_merge_keys_are_followed() -> None:
    found = read("anchors")
    assert found.registry == Registry("harbor.lan", "kubesphereio", "harbor")
    assert found.installer is not None
    assert found.installer.label == "v3.4.0"


def test_etcd_elsewhere() -> None:
    found = read("external-etcd")
    assert found.etcd == "external"
    assert found.endpoints == ("http://192.0.2.31:12379", "http://192.0.2.32:12379")


def test_namespace_rewrite_needs_its_policy() -> None:
    text = (FOLDER / "namespace-rewrite.yaml").read_text()
    found = config.parse(text.encode(), "c")
    assert found.registry.rewrite_from == ("kubesphereio", "kubesphere")
    assert found.registry.rewrite_to == "platform"
    other = config.parse(text.replace("changePrefix", "other").encode(), "c")
    assert other.registry.rewrite_to == ""


def test_notes() -> None:
    assert "the last one counts" in read("two-configurations").notes[0]
    assert "kk never reads what follows line 41" in read("separator-with-comment").notes[0]
    assert "these keys stand twice: namespaceOverride" in read("unknown-and-repeated").notes[0]


def test_labels() -> None:
    number, none, without = map(read, ("label-number", "label-missing", "labels-missing"))
    assert number.installer and none.installer and without.installer
    assert (number.installer.label, number.installer.string) == ("3.3", False)
    assert (none.installer.label, none.installer.has_labels) == ("", True)
    assert not without.installer.has_labels
    assert read("kubernetes-only").installer is None
    assert read("installer-only").cluster is None
