"""What is in force, for people and for scripts."""

from __future__ import annotations

import json
from pathlib import Path
from types import MappingProxyType

from ksimage.config.present import HIDDEN, render_settings, settings_document, values_in_force
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
