"""Kinds of settings: what reads them, and what the schema says."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest

from ksimage.config.kinds import KINDS
from ksimage.config.settings import SETTINGS
from ksimage.config.values import Refused

GOOD = {
    "source": "harbor.lan/x", "target": "harbor.lan/x", "release-list": "v3.3.2",
    "platform-list": "linux/amd64", "patch-list": "unquiet", "path": "a", "path-list": "a",
    "mode": "append", "verbosity": "3", "tag_template": "{release}-x", "engine": "auto",
    "jobs": "4", "boolean": "true", "credential": "robot$x", "secret": "x",
    "label-map": "text", "registry-map": "harbor.lan:8443",
}  # fmt: skip


def test_every_kind_is_used_and_every_setting_has_one() -> None:
    assert {setting.kind for setting in SETTINGS} == set(KINDS) == set(GOOD)


@pytest.mark.parametrize("name", KINDS)
def test_good_and_bad(name: str) -> None:
    KINDS[name].read(GOOD[name], Path("/srv"))
    if name != "label-map":  # which may be empty
        with pytest.raises(Refused):
            KINDS[name].read("", Path("/srv"))
    jsonschema.Draft7Validator.check_schema(dict(KINDS[name].schema))


def test_what_stands_in_a_file_has_a_schema() -> None:
    for setting in SETTINGS:
        assert bool(KINDS[setting.kind].schema) or not setting.in_file
