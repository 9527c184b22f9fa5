"""Where the level comes from, and that nothing written there can stop an installation."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.behaviour.hooks import in_process, patched, pristine

if TYPE_CHECKING:
    from pathlib import Path

HOOK = in_process(patched(pristine(), ["unquiet", "verbosity"]))

VALUES = [
    (0, 0), (3, 3), ("3", 3), (" 2\n", 2), (5, 5), (6, 5), (10**30, 5), ("9" * 90, 5), (-1, 0),
    ("-7", 0), (2.9, 2), (True, None), (False, None), (None, None), ("", None), ("high", None),
    ("0x3", None), ("3.5", None), ("vvv", None), ([], None), ([3], None), ({"level": 3}, None),
    (float("nan"), None), (float("inf"), None), ("9" * 5000, None), ("\0", None),
]  # fmt: skip


@pytest.mark.parametrize(("value", "level"), VALUES, ids=[repr(v)[:20] for v, _ in VALUES])
def test_a_level_is_clamped_and_nonsense_is_no_level(value: Any, level: int | None) -> None:
    assert HOOK.verbosityLevel(value) == level


@given(st.one_of(st.text(), st.integers(), st.floats(), st.binary(), st.lists(st.text())))
def test_no_value_raises(value: Any) -> None:
    assert HOOK.verbosityLevel(value) in (None, 0, 1, 2, 3, 4, 5)


CONFIGURATIONS = [
    ('{"debug": {"verbosity": 4}}', 4),
    ('{"debug": {"verbosity": "4"}}', 4),
    ('{"debug": {"verbosity": 0}}', 0),
    ('{"debug": {"verbosity": true}}', 2),
    ('{"debug": {"verbosity": null}}', 2),
    ('{"debug": {"verbosity": "much"}}', 2),
    ('{"debug": {}}', 2),
    ('{"debug": 3}', 2),
    ('{"debug": null}', 2),
    ('{"debug": [1]}', 2),
    ("{}", 2),
    ("[]", 2),
    ("3", 2),
    ("", 2),
    ('{"debug": {"verbosity": 4}', 2),
    ("[" * 100000, 2),
    (None, 2),
]


@pytest.mark.parametrize(
    ("configuration", "level"), CONFIGURATIONS, ids=[str(c)[:32] for c, _ in CONFIGURATIONS]
)
def test_the_cluster_overrides_the_image_when_it_names_a_level(
    configuration: str | None, level: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ks-config.json"
    if configuration is not None:
        path.write_text(configuration)
    monkeypatch.setattr(HOOK, "configFile", str(path))
    monkeypatch.setenv("KS_INSTALLER_VERBOSITY", "2")
    assert HOOK.ansibleVerbosity() == level


@pytest.mark.parametrize("value", [None, "", "loud", "-3", "1e3", "٣x", "99999999999999999999"])
def test_the_environment_alone(
    value: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HOOK, "configFile", str(tmp_path))  # a folder, not a file
    monkeypatch.delenv("KS_INSTALLER_VERBOSITY", raising=False)
    if value is not None:
        monkeypatch.setenv("KS_INSTALLER_VERBOSITY", value)
    assert HOOK.ansibleVerbosity() == (5 if value and value.startswith("9") else 0)


def test_spec_debug_is_no_component(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ks-config.json"
    path.write_text(json.dumps({"debug": {"verbosity": 3}, "alerting": {"enabled": True}}))
    monkeypatch.setattr(HOOK, "configFile", str(path))
    enabled, disabled = HOOK.getComponentLists()
    assert "alerting" in enabled
    assert "debug" not in [*enabled, *disabled]
