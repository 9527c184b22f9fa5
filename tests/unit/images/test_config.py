"""Configs: what is refused, what the history tells, what a derived one changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ksimage.errors import MalformedImage
from ksimage.images import config
from ksimage.images.config import Change

IDS = ["sha256:" + c * 64 for c in "ab"]
CHANGE = Change(
    "sha256:" + "f" * 64,
    {"NEW": "1", "KEPT": "changed"},
    {"new": "2", "old": "changed"},
    "2024-01-02T03:04:05Z",
    "ksimage",
)


def a_config(**fields: Any) -> dict[str, Any]:
    return {
        "architecture": "amd64",
        "os": "linux",
        "config": {
            "User": "kubesphere",
            "Env": ["PATH=/bin", "KEPT=x", "EMPTY", "A=b=c"],
            "Entrypoint": ["/shell-operator"],
            "Labels": {"old": "1", "other": "ü"},
            "OnBuild": None,
        },
        "created": "2022-10-20T08:15:42.123456789Z",
        "history": [
            {"created_by": "ADD file:1 in /"},
            {"created_by": "ENV A=b=c", "empty_layer": True},
            {"created_by": "RUN x"},
        ],
        "rootfs": {"type": "layers", "diff_ids": IDS},
        "docker_version": "20.10.7",
        "moby.buildkit.buildinfo.v1": "x",
        **fields,
    }


def parsed(layers: int = 2, **fields: Any) -> dict[str, Any]:
    return config.parse("the image", json.dumps(a_config(**fields)).encode(), layers)


@pytest.mark.parametrize(
    "fields",
    [
        {"rootfs": None},
        {"rootfs": {"type": "layers"}},
        {"rootfs": {"diff_ids": "x"}},
        {"rootfs": {"diff_ids": [1, 2]}},
        {"rootfs": {"diff_ids": [IDS[0], "sha256:x"]}},
        {"rootfs": {"diff_ids": [IDS[0]]}},
        {"rootfs": {"diff_ids": [*IDS, IDS[0]]}},
        {"rootfs": {"diff_ids": IDS, "Diff_IDs": []}},
        {"history": {}},
        {"history": [5]},
        {"config": []},
        {"config": {"Env": "A=b"}},
        {"config": {"Env": [1]}},
        {"config": {"Labels": []}},
        {"config": {"Labels": {"a": 1}}},
        {"config": {"User": "a", "user": "root"}},
        {"config": {"ENTRYPOINT": ["/bin/sh"]}},
        {"Config": {"User": "root"}},
        {"Rootfs": {}},
    ],
)
def test_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(MalformedImage):
        parsed(**fields)


def test_labels_may_differ_by_case() -> None:
    found = parsed(config={"Labels": {"Version": "1", "version": "2"}})
    assert config.labels(found) == {"Version": "1", "version": "2"}


@pytest.mark.parametrize("inner", [None, {}])
def test_empty_settings(inner: Any) -> None:
    found = parsed(config=inner, history=None)
    assert config.environment(found) == {} == config.labels(found)
    assert config.layer_history(found) == ()
    assert json.loads(config.derive(found, CHANGE))["config"]["Env"] == ["NEW=1", "KEPT=changed"]


def test_environment() -> None:
    found = parsed(config={"Env": ["A=1", "B", "A=2", "C=x=y"]})
    assert config.environment(found) == {"A": "2", "B": "", "C": "x=y"}


class TestHistory:
    def test_by_layer(self) -> None:
        assert config.layer_history(parsed()) == ["ADD file:1 in /", "RUN x"]

    @pytest.mark.parametrize(
        "history",
        [
            [],
            [{"created_by": "a"}],
            [{"created_by": "a"}] * 3,
            [{"created_by": "a"}, {"created_by": "b", "empty_layer": True}],
        ],
    )
    def test_wrong_count_is_no_history(self, history: Any) -> None:
        assert config.layer_history(parsed(history=history)) == ()

    def test_entries_without_text(self) -> None:
        history = [{"created_by": 5}, {"created": "x"}]
        assert config.layer_history(parsed(history=history)) == [None, None]

    @pytest.mark.parametrize(
        "earlier",
        [
            "/bin/sh -c #(nop) COPY file:1 in /hooks/kubesphere/installRunner.py ",
            "/bin/sh -c sed -i s/a/b/ /hooks/kubesphere/installRunner.py",
            "COPY a /hooks # buildkit",
            "RUN /bin/sh -c true # buildkit",
            None,
        ],
    )
    def test_squashed_layer_is_not_what_it_says(self, earlier: str | None) -> None:
        """`buildah bud` without --layers: one layer with the last instruction's text."""
        history = [
            {"created_by": "ADD file:1 in /"},
            {"created_by": earlier, "empty_layer": True},
            {"created_by": "ENV X=1", "empty_layer": True},
            {"created_by": "/bin/sh -c #(nop) COPY file:2 in /elsewhere "},
        ]
        assert config.layer_history(parsed(history=history)) == ["ADD file:1 in /", None]

    def test_settings_before_a_layer_do_not_matter(self) -> None:
        empty = ["ENV A=1", "/bin/sh -c #(nop)  USER x", "ENTRYPOINT []", "CMD ['RUN']", "ARG COPY"]
        history = [
            {"created_by": "ADD file:1 in /"},
            *({"created_by": text, "empty_layer": True} for text in empty),
            {"created_by": "COPY a /b # buildkit"},
        ]
        assert config.layer_history(parsed(history=history))[1] == "COPY a /b # buildkit"


class TestDerive:
    def derived(self, **fields: Any) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(config.derive(parsed(**fields), CHANGE))
        return document

    def test_changes_are_these_and_no_others(self) -> None:
        before, after = a_config(), self.derived()
        assert after["created"] == CHANGE.created
        assert after["rootfs"] == {"type": "layers", "diff_ids": [*IDS, CHANGE.diff_id]}
        assert after["history"][:-1] == before["history"]
        assert after["history"][-1] == {"created": CHANGE.created, "created_by": "ksimage"}
        assert after["config"]["Env"] == [
            "PATH=/bin", "EMPTY", "A=b=c", "NEW=1", "KEPT=changed",
        ]  # fmt: skip
        assert after["config"]["Labels"] == {"old": "changed", "other": "ü", "new": "2"}
        for key in ("created", "rootfs", "history"):
            before.pop(key)
            after.pop(key)
        for inner in (before["config"], after["config"]):
            inner.pop("Env")
            inner.pop("Labels")
        assert after == before

    def test_records_of_the_build_container_go(self) -> None:
        after = self.derived(container="abc", container_config={"Cmd": ["x"]}, parent="p", id="i")
        assert not {"container", "container_config", "parent", "id"} & set(after)

    def test_inconsistent_history_is_not_made_worse(self) -> None:
        history = [{"created_by": "a"}]
        assert self.derived(history=history)["history"] == history

    def test_missing_history_stays_missing(self) -> None:
        base = a_config()
        del base["history"]
        data = config.derive(config.parse("x", json.dumps(base).encode(), 2), CHANGE)
        assert "history" not in json.loads(data)

    def test_history_stays_consistent(self) -> None:
        after = self.derived()
        layers = [entry for entry in after["history"] if not entry.get("empty_layer")]
        assert len(layers) == len(after["rootfs"]["diff_ids"])

    def test_empty_image(self) -> None:
        base = config.parse(
            "x", json.dumps({"rootfs": {"type": "layers", "diff_ids": []}}).encode(), 0
        )
        assert len(json.loads(config.derive(base, CHANGE))["history"]) == 1

    def test_same_bytes_each_time(self) -> None:
        assert config.derive(parsed(), CHANGE) == config.derive(parsed(), CHANGE)


@pytest.mark.parametrize(
    ("created", "seconds", "text"),
    [
        ("2022-10-20T08:15:42.123456789Z", 1_666_253_742, None),
        ("2022-10-20T08:15:42Z", 1_666_253_742, None),
        ("2022-10-20t08:15:42z", 1_666_253_742, None),
        ("2022-10-20T10:15:42+02:00", 1_666_253_742, None),
        ("2022-10-20T04:45:42.5-03:30", 1_666_253_742, None),
        ("1970-01-01T00:00:00Z", 0, None),
        ("1970-01-01T00:30:00+01:00", 0, None),
        ("0001-01-01T00:00:00Z", 0, None),
        ("9999-12-31T23:59:59Z", 253_402_300_799, None),
        ("2022-13-20T08:15:42Z", 0, "1970-01-01T00:00:00Z"),
        ("2022-12-20T25:15:42Z", 0, "1970-01-01T00:00:00Z"),
        ("2022-10-20", 0, "1970-01-01T00:00:00Z"),
        ("٢٠٢٢-10-20T08:15:42Z", 0, "1970-01-01T00:00:00Z"),
        ("2022-10-20T08:15:42Z\n", 0, "1970-01-01T00:00:00Z"),
        ("", 0, "1970-01-01T00:00:00Z"),
        (None, 0, "1970-01-01T00:00:00Z"),
        (5, 0, "1970-01-01T00:00:00Z"),
        ({"a": "b"}, 0, "1970-01-01T00:00:00Z"),
    ],
)  # fmt: skip
def test_created(created: Any, seconds: int, text: str | None) -> None:
    assert config.created({"created": created}) == (seconds, text or created)


def test_timestamp() -> None:
    assert config.timestamp(1_666_253_742) == "2022-10-20T08:15:42Z"
