"""What refusals mean, and what of servers' words is shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ksimage.locations.registry.answers import refusal
from ksimage.locations.registry.http.wire import Answer
from ksimage.text import printable


@given(st.binary(max_size=300), st.sampled_from(["", "text/html", "application/json"]))
def test_any_error_body_becomes_short_plain_text(body: bytes, kind: str) -> None:
    said = refusal(Answer(400, {"Content-Type": kind}, body))
    assert said.words.isprintable()
    assert len(said.words) <= 400


@given(st.text())
def test_printable(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert len(shown) <= 400
