"""What refusals mean, and what of servers' words is shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ksimage.locations.registry.answers import Intent, refusal
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


def test_scopes_are_exact() -> None:
    assert Intent("h", "p/r").scopes == ("repository:p/r:pull",)
    assert Intent("h", "p/r", push=True).scopes == ("repository:p/r:pull,push",)
    assert Intent("h", "p/r", push=True, mount_from="q/s").scopes == (
        "repository:p/r:pull,push",
        "repository:q/s:pull",
    )
    assert Intent("h").scopes == ()


def test_names_of_intents() -> None:
    assert Intent("h", "p/r", what="v1").name == "h/p/r:v1"
    assert Intent("h", "p/r", what="sha256:ab").name == "h/p/r@sha256:ab"
    assert Intent("h").name == "h"
