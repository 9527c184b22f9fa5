"""Answers of a cluster with one node and the ClusterConfiguration of the test."""

import json
import os
from pathlib import Path

NODES = [{"metadata": {"name": "node1"}}]


class CustomObjectsApi:
    def get_namespaced_custom_object(self, group, version, name, namespace, plural):
        return json.loads(Path(os.environ["KSIMAGE_TEST_CLUSTER"]).read_text(encoding="utf-8"))

    def create_namespaced_custom_object(self, **_):
        raise AssertionError("the hook must not re-create the ClusterConfiguration here")

    delete_namespaced_custom_object = create_namespaced_custom_object


class Nodes:
    items = NODES

    def read(self):
        return json.dumps({"items": self.items}).encode("utf-8")


class CoreV1Api:
    def list_node(self, _preload_content=True):
        return Nodes()


class Version:
    git_version = "v1.23.17"


class VersionApi:
    def get_code(self):
        return Version()
