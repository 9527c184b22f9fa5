"""Secrets of Kubernetes in YAML."""

from __future__ import annotations

from ksimage.redact.manifests import kubernetes_secrets

SECRET = """\
apiVersion: v1
data:
  ca.crt: cHVibGlj
  password: aHVudGVyMg==
  other: "eHl6"
kind: Secret
metadata:
  name: x
"""


def test_values_before_and_after_the_kind() -> None:
    assert [site.value for site in kubernetes_secrets(SECRET)] == ["aHVudGVyMg==", "eHl6"]
    turned = "kind: Secret\nstringData:\n  a: b1\ntype: Opaque\n"
    assert [site.value for site in kubernetes_secrets(turned)] == ["b1"]


def test_in_a_list_and_beside_other_documents() -> None:
    listed = "items:\n" + "".join(
        ("- " if not n else "  ") + line + "\n" for n, line in enumerate(SECRET.splitlines())
    )
    assert [site.value for site in kubernetes_secrets(listed)] == ["aHVudGVyMg==", "eHl6"]
    other = "kind: ConfigMap\ndata:\n  a: b2\n---\n" + SECRET + "---\ndata:\n  c: d3\n"
    assert [site.value for site in kubernetes_secrets(other)] == ["aHVudGVyMg==", "eHl6"]


def test_other_kinds_stay() -> None:
    assert not list(kubernetes_secrets(SECRET.replace("Secret", "ConfigMap")))
    assert not list(kubernetes_secrets("kind: SecretList\ndata:\n  a: b\n"))
