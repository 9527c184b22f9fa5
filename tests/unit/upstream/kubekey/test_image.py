"""Namespaces that kk pushes to; which repository it deploys is judged by kk's own functions."""

from __future__ import annotations

import pytest

from ksimage.upstream.kubekey import image, labels, rules, versions
from ksimage.upstream.kubekey.image import Registry


@pytest.mark.parametrize(
    ("kk", "registry", "own", "pushed"),
    [
        ("v3.0.13", Registry("r", "ns"), "calico", "ns"),
        ("v3.0.13", Registry("r"), "calico", "calico"),
        ("v3.0.13", Registry("r"), "", "library"),
        ("v3.1.6", Registry("r", "ns"), "calico", "ns"),
        ("v3.1.7", Registry("r", "ns"), "calico", "calico"),
        ("v3.1.7", Registry("r", "ns", "", ("calico",), "x"), "calico", "calico"),
        ("v3.1.8", Registry("r", "ns"), "calico", "calico"),
        ("v3.1.8", Registry("r", "", "", ("cal",), "x"), "calico", "xico"),
        ("v3.1.8", Registry("r", "", "", ("a", "c"), "x"), "cac", "xax"),
        ("v3.1.8", Registry("r", "", "", ("other",), "x"), "calico", "x/calico"),
        ("v3.1.8", Registry("r", "", "", (), "x"), "calico", "x/calico"),
        ("v3.1.8", Registry("r", "", "", ("",), "x"), "calico", "x/calico"),
    ],
)
def test_namespaces(kk: str, registry: Registry, own: str, pushed: str) -> None:
    assert image.pushed_namespace(rules.of(versions.parse(kk)), registry, own) == pushed


def test_a_label_that_was_padded_is_released() -> None:
    known = rules.of(versions.parse("v3.0.13"))
    label = labels.judge(known, "3.3.2")
    assert image.repository(known, Registry(), label) == "kubesphere/ks-installer"
    older = rules.of(versions.parse("v2.2.0"))
    label = labels.judge(older, "3.3.0")
    assert image.repository(older, Registry(), label) == "kubespheredev/ks-installer"
