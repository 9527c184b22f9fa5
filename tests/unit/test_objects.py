"""Whatever an object holds, reading it raises nothing."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ksimage.cluster import waiting
from ksimage.cluster.image import nodes
from ksimage.cluster.installer import Installer, read_pod
from ksimage.cluster.rollout import configuration, leftovers, record
from ksimage.objects import at, moment, objects, text, texts

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(
            ["metadata", "spec", "status", "containers", "name", "template", "annotations", "items",
             "containerStatuses", "state", "waiting", "message", "volumes", "volumeMounts", "env",
             "conditions", "strategy", "replicas", "core", "images", "names", "terminated",
             "io.ksimage.rollout"]
        ),
        inner,
        max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@given(ANYTHING)
def test_nothing_is_too_strange(found: Any) -> None:
    document = found if isinstance(found, dict) else {"spec": found}
    installer = Installer(document, (), document)
    leftovers.find(document, installer.container)
    record.read(installer)
    record.wish(installer)
    record.from_document(found)
    waiting.of_deployment(document)
    waiting.of_pod(read_pod(document))
    configuration.consequences(document, "v3.3.2")
    nodes._node(found)
    assert isinstance(installer.image, str)


def test_reading() -> None:
    document = {"a": [{"b": "c", "d": 1}], "e": {"f": "g", "h": 2}}
    assert at(document, "a", 0, "b") == "c"
    assert at(document, "a", 1) is None
    assert text(document, "a", 0, "d") == ""
    assert objects(document, "a") == [{"b": "c", "d": 1}]
    assert texts(document, "e") == {"f": "g"}
    assert moment({"t": "1970-01-02T00:00:00Z"}, "t") == 86400.0
    assert moment({"t": "yesterday"}, "t") is None
