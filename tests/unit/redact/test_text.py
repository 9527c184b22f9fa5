"""The lookout finds nothing superfluous and loses nothing."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st
from tests.unit.redact.planted import PLANTED

from ksimage.redact.text import _BY_TRIGGER, Lookout, relevant, sites

TEXTS = [text for shape in PLANTED for text in shape.files.values()]


def test_triggers_fit_what_is_looked_at() -> None:
    for trigger, rule in _BY_TRIGGER:
        assert trigger == trigger.lower(), rule.name
        assert '"' not in trigger, rule.name
        assert "\n" not in trigger, rule.name


@given(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=6))
def test_remembering_changes_nothing(texts: list[str]) -> None:
    lookout = Lookout()
    for text in texts + texts:
        assert sites(text, lookout.relevant(text)) == sites(text)


def test_a_text_without_triggers_is_not_searched() -> None:
    assert not relevant("ok: [localhost] => monitoring | Deploying prometheus")
    assert not Lookout().relevant('{"event": "runner_on_ok", "stdout": "\\u001b[0;33mchanged"}')


def test_escaped_ascii_hides_nothing() -> None:
    document = json.dumps({"x": "--from-literal=a=hunter2x"}).replace("-", "\\u002d")
    assert Lookout().relevant(document).rules
