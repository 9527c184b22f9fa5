"""docs/ci.md against the files it describes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import yaml

from ksimage.ci.matrix import Job, document

TOP = Path(__file__).parents[3]
PAGE = (TOP / "docs" / "ci.md").read_text(encoding="utf-8")
ACTION = yaml.safe_load((TOP / "action.yml").read_text(encoding="utf-8"))


def test_every_input_of_the_action_is_listed() -> None:
    for name, entry in ACTION["inputs"].items():
        default = f"`{entry['default']}`" if entry["default"] else ""
        assert f"| `{name}` | {default} | {entry['description']} |" in PAGE


def test_every_output_of_the_action_is_named() -> None:
    for name in ACTION["outputs"]:
        assert f"`{name}`" in PAGE


def test_the_action_example_uses_inputs_and_outputs_that_exist() -> None:
    (block,) = re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    steps = yaml.safe_load(block)["jobs"]["build"]["steps"]
    assert set(steps[0]["with"]) <= set(ACTION["inputs"])
    used = re.findall(r"steps\.ksimage\.outputs\.([\w-]+)", block)
    assert used
    assert set(used) <= set(ACTION["outputs"])


def test_the_json_shown_is_the_json_made() -> None:
    shown = re.search(r'# (\{"schema".*)$', PAGE, re.MULTILINE)
    assert shown
    made = json.dumps(json.loads(document([Job("v3.3.2", "")])))
    assert made.startswith(shown[1].partition(", …")[0])
