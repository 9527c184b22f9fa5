"""Texts in lower case, and rules around triggers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ksimage.redact.site import CLUSTER, lowered, rule, windows


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
    assert [site.value for site in made.sites(text, text)] == ["2"]
    assert made.triggers == ("abc", "def")


@given(st.lists(st.sampled_from(["ab", "cd", "-" * 7, "-" * 600]), max_size=40))
def test_each_trigger_is_in_a_window_with_all_that_may_belong_to_it(parts: list[str]) -> None:
    text = "".join(parts)
    found = list(windows(text, ("ab", "cd"), 9, 30))
    places = [at for at in range(len(text)) if text.startswith(("ab", "cd"), at)]
    for at in places:
        assert any(start <= max(0, at - 9) and at + 30 <= end for start, end in found)
    assert all(any(start <= at < end for at in places) for start, end in found)


def test_text_full_of_triggers_is_looked_at_little_more_than_once() -> None:
    found = list(windows("ab" * 50_000, ("ab",), 160, 400))
    assert sum(end - start for start, end in found) < 2 * 100_000
    assert max(end - start for start, end in found) <= CLUSTER + 160 + 400
