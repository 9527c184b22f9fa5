"""Reading ksimage.yaml: what is accepted, and that nothing at all makes a traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ksimage.config import yamlfile
from ksimage.config.settings import HostSettings
from ksimage.errors import ConfigNotFound, ConfigUnreadable

HERE = Path("/srv/images")


def accepted(text: str) -> dict[str, object]:
    loaded = yamlfile.check(text.encode(), "ksimage.yaml", HERE)
    assert loaded.faults == []
    return loaded.values


def test_every_key() -> None:
    digest = "sha256:" + "a" * 64
    values = accepted(
        f"""\
source: oci:artifact/images
target: harbor.lan:8443/kubesphereio
releases:
  - 3.3.2
  - ">=3.1,<3.2"
  - release: v3.4.1
    base: {digest}
platforms: [linux/amd64, linux/arm/v7]
patches:
  with: [early-config]
  without: [labelled-output]
  dir: ../our patches
  mode: replace
  files: [a.patch, /srv/b.patch]
verbosity: 5
tag: "{{release}}-v{{verbosity}}-{{digest8}}"
labels: {{team: platform, lan.example.version: 3.10, on: yes}}
engine: direct
jobs: 8
registries:
  Harbor.lan:8443: {{ca_file: ca.crt, insecure: false}}
  10.0.0.1:5000: {{insecure: true}}
"""
    )
    releases = values.pop("releases")
    assert isinstance(releases, tuple)
    assert [(choice.pattern, choice.base) for choice in releases] == [
        ("v3.3.2", None),
        (">=3.1,<3.2", None),
        ("v3.4.1", digest),
    ]
    assert str(releases[1].origin) == "ksimage.yaml:5:5"
    assert values == {
        "source": "oci:/srv/images/artifact/images",
        "target": "harbor.lan:8443/kubesphereio",
        "platforms": ("linux/amd64", "linux/arm/v7"),
        "patches.with": ("early-config",),
        "patches.without": ("labelled-output",),
        "patches.dir": Path("/srv/our patches"),
        "patches.mode": "replace",
        "patches.files": (HERE / "a.patch", Path("/srv/b.patch")),
        "verbosity": 5,
        "tag": "{release}-v{verbosity}-{digest8}",
        "labels.team": "platform",
        "labels.lan.example.version": "3.10",
        "labels.on": "yes",
        "engine": "direct",
        "jobs": 8,
        "registries.harbor.lan:8443": HostSettings(HERE / "ca.crt", False),
        "registries.10.0.0.1:5000": HostSettings(None, True),
    }


@pytest.mark.parametrize("text", ["", "\n", "# nothing yet\n", "---\n", "{}\n", "\ufeff"])
def test_a_file_may_set_nothing(text: str) -> None:
    assert accepted(text) == {}


@pytest.mark.parametrize("text", ["3.10", "0x10", "1e3", "2024-01-02", "no", "1_000", ".inf"])
def test_values_stay_the_text_that_was_written(text: str) -> None:
    assert accepted(f"labels: {{a: {text}}}") == {"labels.a": text}


def test_positions_count_characters_not_bytes() -> None:
    loaded = yamlfile.check('{"tag": "é😀{x}"}'.encode(), "ksimage.yaml", HERE)
    assert [(fault.line, fault.column) for fault in loaded.faults] == [(1, 9)]


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigNotFound) as caught:
        yamlfile.read(tmp_path / "none.yaml", "none.yaml")
    assert caught.value.exit_code == 3


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigUnreadable, match="cannot read"):
        yamlfile.read(tmp_path, "here")
    os.mkfifo(tmp_path / "pipe")  # opening it would wait for ever
    with pytest.raises(ConfigUnreadable, match="cannot read"):
        yamlfile.read(tmp_path / "pipe", "pipe")


KEYS = st.sampled_from([*yamlfile.names(), *yamlfile.names("patches."), *yamlfile.REGISTRY_KEYS])
WORDS = st.one_of(
    KEYS,
    st.sampled_from(["release", "base", "v3.3.2", ">=3.1", "{release}", "<<", "!!int 3", "&a x"]),
    st.sampled_from([*list("~|'\"\t{}[]\r"), "*a", "%YAML 1.1", "---", "...", "? ", "- ", ": "]),
    st.text(max_size=8),
)
DOCUMENTS = st.recursive(
    WORDS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(st.tuples(WORDS, inner), max_size=4).map(
            lambda pairs: "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        ),
    ),
    max_leaves=12,
)
TEXTS = st.one_of(
    st.lists(st.tuples(KEYS, DOCUMENTS), max_size=6).map(
        lambda pairs: "\n".join(f"{key}: {value}" for key, value in pairs).encode(
            "utf-8", "surrogatepass"
        )
    ),
    st.lists(st.one_of(WORDS, st.sampled_from(["\n", "\n  ", ": "])), max_size=30).map(
        lambda parts: "".join(parts).encode("utf-8", "surrogatepass")
    ),
    st.binary(max_size=200),
)


@settings(max_examples=int(os.environ.get("KSIMAGE_FUZZ", "1500")), deadline=None)
@example(b"%YAML 9" + b"9" * 5000 + b".1\n---\na")
@example(b'"\\UFFFFFFFF"')
@example(b"[" * 60_000)
@example(b"- " * 30_000)
@example(b"? " * 30_000)
@example(b"a: " * 20_000)
@example(b"verbosity: " + b"9" * 60_000)
@given(TEXTS)
def test_fuzz(data: bytes) -> None:
    loaded = yamlfile.check(data, "ksimage.yaml", HERE)
    for fault in loaded.faults:
        assert fault.place == "ksimage.yaml"
        assert fault.line <= data.count(b"\n") + len(data) + 1
        assert str(fault).isprintable(), "a fault must not carry control characters to a terminal"
        assert len(str(fault)) < 2000
    if not loaded.faults:
        assert set(loaded.values) == set(loaded.origins)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80))
def test_faults_or_a_value_that_can_be_used(text: str) -> None:
    document = "tag: " + repr(text).replace("\\'", "''") if "\\" not in repr(text) else "tag: x"
    loaded = yamlfile.check(document.encode("utf-8", "surrogatepass"), "ksimage.yaml", HERE)
    assert loaded.faults or "tag" in loaded.values
