"""What is in force, for people and for scripts."""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from ksimage.config import yamlfile
from ksimage.config.present import (
    HIDDEN,
    render_settings,
    schema,
    settings_document,
    values_in_force,
)
from ksimage.config.settings import (
    SETTINGS,
    HostSettings,
    PatchSettings,
    ReleaseChoice,
    SettingOrigin,
    Settings,
)

DIGEST = "sha256:" + "a" * 64
ORIGINS = {setting.key: SettingOrigin("default") for setting in SETTINGS if not setting.is_map}
ORIGINS |= {key: SettingOrigin("file", "x:1:1") for key in ("labels.a", "registries.h.lan")}
EVERYTHING = Settings(
    releases=(ReleaseChoice("v3.3.2", DIGEST), ReleaseChoice(">=3.4")),
    patches=PatchSettings(directory=Path("/mine")),
    labels=MappingProxyType({"a": "b"}),
    registries=MappingProxyType({"h.lan": HostSettings(Path("/ca.crt"), insecure=True)}),
    password="s3cret",
    username="me",
    origins=MappingProxyType(ORIGINS),
)


def test_every_setting_is_there_and_can_be_json() -> None:
    found = values_in_force(EVERYTHING)
    assert list(found) == [setting.key for setting in SETTINGS]
    assert json.loads(json.dumps(found)) == found
    assert found["password"] == HIDDEN and "s3cret" not in json.dumps(found)
    assert found["releases"] == [{"release": "v3.3.2", "base": DIGEST}, ">=3.4"]
    assert found["registries"] == {"h.lan": {"ca_file": "/ca.crt", "insecure": True}}


def test_rows_have_one_for_each_label_and_host() -> None:
    rows = {key: (value, origin) for key, value, origin in render_settings(EVERYTHING)}
    assert rows["labels.a"] == ("b", "x:1:1")
    assert rows["registries.h.lan"] == ("ca_file=/ca.crt insecure=true", "x:1:1")
    assert rows["releases"][0] == f"v3.3.2@{DIGEST} >=3.4"
    assert rows["insecure"] == ("false", "default")


def test_the_document_says_where_each_came_from() -> None:
    document = settings_document(EVERYTHING)
    settings = document["settings"]
    assert isinstance(settings, dict) and isinstance(settings["labels"], dict)
    assert settings["labels"]["a"] == {
        "value": "b",
        "origin": {"kind": "file", "detail": "x:1:1"},
    }
    assert document["file"] is None


FOLDER = Path(__file__).with_name("faulty")

# What no JSON Schema can see: the text below the values, or what only ksimage knows.
BEYOND_A_SCHEMA = {
    "anchor": "editors resolve anchors",
    "duplicate-key": "an editor's YAML parser reports it",
    "duplicate-nested": "an editor's YAML parser reports it",
    "merge-key": "editors merge",
    "password-as-label": "any label is a label to it",
    "patches-both": "compares two lists",
    "patches-replace-nothing": "needs one of two other keys",
    "registries-twice": "hosts are equal but for case",
    "releases-twice": "3.3.2 is v3.3.2",
    "releases-unsupported": "which releases exist",
    "source-upper-case": "the grammar of references",
    "source-with-scheme": "the grammar of references",
    "source-transport": "the grammar of references",
    "tag-fixed-for-many": "compares two keys",
    "utf16": "the encoding",
    "verbosity-octal": "05 and 1_0 are numbers in YAML",
}


@pytest.fixture(scope="module")
def validator() -> jsonschema.Draft7Validator:
    document = schema()
    jsonschema.Draft7Validator.check_schema(document)
    return jsonschema.Draft7Validator(document)


def test_every_key_is_described() -> None:
    properties = cast("dict[str, dict[str, Any]]", schema()["properties"])
    for option in SETTINGS:
        if option.in_file:
            group, _, name = option.key.partition(".")
            entry = properties[group]["properties"][name] if name else properties[group]
            assert entry["description"] == option.help


@pytest.mark.parametrize("name", sorted(path.stem for path in FOLDER.glob("*.yaml")))
def test_faulty_files(name: str, validator: jsonschema.Draft7Validator) -> None:
    try:
        document = yaml.safe_load((FOLDER / f"{name}.yaml").read_bytes())
    except (yaml.YAMLError, UnicodeError, RecursionError):
        return  # an editor's YAML parser reports it
    assert validator.is_valid(document) == (name in BEYOND_A_SCHEMA)


TEXT = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=12)
PATH = st.from_regex(r"[a-z./][a-z0-9./ -]{0,20}[a-z]", fullmatch=True)
PATCHES = st.lists(st.sampled_from(["early-config", "keep-output", "x.patch"]), unique=True)
RELEASE = st.sampled_from(["v3.3.2", "3.4.1", "v3.0.0", ">=3.1,<3.5", ">= 3.2", "!=3.4.1"])
VALID = st.fixed_dictionaries(
    {},
    optional={
        "source": st.sampled_from(
            ["docker.io/kubesphere", "h:5000/a/b", "oci:a", "docker-daemon:a"]
        ),
        "target": st.sampled_from(["harbor.lan/kubesphereio", "127.0.0.1:5000/a/ks-installer"]),
        "releases": st.lists(
            st.one_of(
                RELEASE,
                st.builds(
                    lambda n: {"release": "v3.1.1", "base": f"sha256:{n:064x}"}, st.integers(0, 9)
                ),
            ),
            unique_by=str,
        ),
        "platforms": st.lists(st.sampled_from(["linux/amd64", "linux/arm/v7"]), unique=True),
        "patches": st.fixed_dictionaries(
            {},
            optional={
                "with": PATCHES,
                "without": PATCHES,
                "dir": PATH,
                "mode": st.sampled_from(["append", "replace"]),
                "files": st.lists(PATH, unique=True),
            },
        ),
        "verbosity": st.integers(0, 5),
        "tag": st.from_regex(
            r"(\{release\}|v1)(-|\.|_|\{verbosity\}|\{digest8\}|a)*", fullmatch=True
        ),
        "labels": st.dictionaries(st.from_regex(r"[a-z][a-z.]{0,9}[a-z]", fullmatch=True), TEXT),
        "engine": st.sampled_from(["auto", "docker", "direct"]),
        "jobs": st.integers(1, 32),
        "registries": st.dictionaries(
            st.sampled_from(["harbor.lan", "127.0.0.1:5000", "localhost"]),
            st.one_of(
                st.just({}),
                st.fixed_dictionaries({"ca_file": PATH}),
                st.fixed_dictionaries({"insecure": st.booleans()}),
            ),
        ),
    },
)
ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-2, 40), st.text(max_size=6)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=4,
)


class Plain(yaml.SafeDumper):
    """No anchors for values that happen to be the same object."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def faults(document: object) -> list[str]:
    data = yaml.dump(document, Dumper=Plain, allow_unicode=True).encode("utf-8", "surrogatepass")
    return [str(fault) for fault in yamlfile.check(data, "ksimage.yaml", Path("/srv")).faults]


@settings(max_examples=300, deadline=None)
@given(VALID)
def test_both_accept_what_is_right(document: dict[str, Any]) -> None:
    errors = [error.message for error in jsonschema.Draft7Validator(schema()).iter_errors(document)]
    found = faults(document)
    assert errors == []
    assert [fault for fault in found if "stands twice" not in fault] == []


@settings(max_examples=500, deadline=None)
@given(VALID, st.sampled_from(yamlfile.names()), ANYTHING)
def test_what_the_loader_accepts_the_schema_accepts(
    document: dict[str, Any], key: str, value: object
) -> None:
    document = {**document, key: value}
    if not faults(document):
        jsonschema.Draft7Validator(schema()).validate(document)
