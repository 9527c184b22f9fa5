"""What KubeKey and upstream's YAML put into a cluster, written anew for the miniature.

The shapes (labels, names, pull policy, limits, mounts) are those of kubekey's template and of
ks-installer's deploy/kubesphere-installer.yaml; see docs/cluster.md for which release has which.
"""

from __future__ import annotations

from typing import Any, Literal

Shape = Literal["kk-3.0.13", "kk-2.0.0", "v3.3.2", "v3.0.0"]
"""Who made the Deployment: two KubeKeys, two of upstream's own."""

GROUP = "installer.kubesphere.io"
NAME = "ks-installer"

CRD: dict[str, Any] = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": f"clusterconfigurations.{GROUP}"},
    "spec": {
        "group": GROUP,
        "scope": "Namespaced",
        "names": {
            "plural": "clusterconfigurations",
            "singular": "clusterconfiguration",
            "kind": "ClusterConfiguration",
            "shortNames": ["cc"],
        },
        "versions": [
            {
                "name": "v1alpha1",
                "served": True,
                "storage": True,
                "schema": {
                    "openAPIV3Schema": {
                        "type": "object",
                        "properties": {
                            part: {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
                            for part in ("spec", "status")
                        },
                    }
                },
            }
        ],
    },
}


def namespace(name: str) -> list[dict[str, Any]]:
    """A namespace with the installer's account and what that account may do."""
    scope = {"name": NAME, "namespace": name}
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": scope},
        role(NAME, name, [_rule(GROUP, "clusterconfigurations", "get", "patch")]),
        binding(NAME, name, {"kind": "ServiceAccount", "name": NAME, "namespace": name}),
    ]


def role(name: str, where: str, rules: list[dict[str, Any]]) -> dict[str, Any]:
    """A Role."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "Role",
        "metadata": {"name": name, "namespace": where},
        "rules": rules,
    }


def binding(name: str, where: str, subject: dict[str, Any]) -> dict[str, Any]:
    """A RoleBinding of the Role of the same name."""
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": name, "namespace": where},
        "subjects": [subject],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
    }


def configuration(where: str, release: str, spec: dict[str, Any]) -> dict[str, Any]:
    """A ClusterConfiguration."""
    labels = {"version": release}
    return {
        "apiVersion": f"{GROUP}/v1alpha1",
        "kind": "ClusterConfiguration",
        "metadata": {"name": NAME, "namespace": where, "labels": labels},
        "spec": spec,
    }


def deployment(where: str, image: str, shape: Shape = "kk-3.0.13") -> dict[str, Any]:
    """The Deployment ks-installer as its maker writes it."""
    tag = image.rpartition(":")[2].partition("@")[0]
    app = "ks-installer" if shape in ("kk-3.0.13", "v3.3.2") else "ks-install"
    labels, selector = {"app": app}, {"app": app}
    container: dict[str, Any] = {
        "name": "installer",
        "image": image,
        "imagePullPolicy": "IfNotPresent" if shape == "kk-3.0.13" else "Always",
        "volumeMounts": [{"mountPath": "/etc/localtime", "name": "host-time"}],
    }
    if shape == "v3.3.2":
        container["resources"] = {
            "limits": {"cpu": "1", "memory": "1Gi"},
            "requests": {"cpu": "20m", "memory": "100Mi"},
        }
        container["volumeMounts"][0]["readOnly"] = True
    if shape.startswith("kk"):
        labels = {**labels, "version": tag}
    if shape == "kk-2.0.0":
        selector = labels
    pod = {
        "serviceAccountName": NAME,
        "terminationGracePeriodSeconds": 1,
        "containers": [container],
        "volumes": [{"hostPath": {"path": "/etc/localtime", "type": ""}, "name": "host-time"}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME, "namespace": where, "labels": labels},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": selector},
            "template": {"metadata": {"labels": selector}, "spec": pod},
        },
    }


def _rule(group: str, resource: str, *verbs: str) -> dict[str, Any]:
    return {"apiGroups": [group], "resources": [resource], "verbs": list(verbs)}
