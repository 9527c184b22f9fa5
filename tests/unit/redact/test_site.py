"""Texts in lower case, and rules around triggers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ksimage.redact.site import lowered, rule


@given(st.text())
def test_lowered_keeps_every_place(text: str) -> None:
    low = lowered(text)
    assert len(low) == len(text)
    assert all(a == b or (a.isascii() and a.lower() == b) for a, b in zip(text, low, strict=True))


def test_lowered_takes_bytes_that_are_no_utf8() -> None:
    text = b"A\xffB".decode("utf-8", "surrogateescape")
    assert lowered(text) == b"a\xffb".decode("utf-8", "surrogateescape")


def test_a_rule_looks_around_its_trigger_only() -> None:
    made = rule("x", "abc|def", r"\w+:(?P<v>\w+)", before=2, after=6)
    text = "first:1 abc:2 last:3"
    assert [site.value for site in made.sites(text, text.index("abc"))] == ["2"]
    assert made.triggers == ("abc", "def")
