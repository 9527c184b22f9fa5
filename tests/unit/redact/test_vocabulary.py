"""Learned values are found wherever they stand."""

from __future__ import annotations

import base64

from hypothesis import given
from hypothesis import strategies as st

from ksimage.redact.vocabulary import MAX_VALUES, Learned

VALUE = st.text(st.sampled_from("aB3x/+-_.!\"\\' é密"), min_size=8, max_size=16)


@given(VALUE, st.text(max_size=40), st.text(max_size=40))
def test_the_filter_loses_nothing(value: str, before: str, after: str) -> None:
    learned = Learned()
    learned.give(value)
    text = f"{before}{value}{after}"

    assert learned.possible(text)
    assert any(place.start <= text.index(value) < place.end for place in learned.find(text))
    # A second time, when all words are known.
    assert learned.find(text) == learned.find(text)


def test_only_strong_values_are_learned() -> None:
    learned = Learned()
    for value in ("admin", "enabled", "changeme", "{{ x }}", "ks-installer"):
        learned.learn(value)
    assert len(learned) == 0
    assert not learned.find("admin enabled changeme")


def test_what_is_given_is_believed_but_for_very_short() -> None:
    learned = Learned()
    learned.give("admin")
    learned.give("abc")
    assert [place.value for place in learned.find("admin abc")] == ["admin"]


def test_an_encoded_value_is_the_value() -> None:
    learned = Learned()
    learned.learn("Zq8-pw/x1")
    encoded = base64.b64encode(b"Zq8-pw/x1").decode()
    assert learned.canonical(encoded) == "Zq8-pw/x1"
    assert learned.canonical("other") == "other"


def test_docker_logins_teach_the_password() -> None:
    learned = Learned()
    learned.learn(base64.b64encode(b"admin:Zq8-pw/x1").decode())
    assert [place.value for place in learned.find("x Zq8-pw/x1 x")] == ["Zq8-pw/x1"]


def test_learning_after_finding_is_no_mistake() -> None:
    learned = Learned()
    learned.learn("Zq8-pw/x1")
    assert not learned.find("Other-9-value")
    learned.learn("Other-9-value")
    assert learned.find("Other-9-value")


def test_longer_values_win() -> None:
    learned = Learned()
    learned.learn("Zq8-pw/x1")
    learned.learn("Zq8-pw/x1-and-more")
    assert [place.value for place in learned.find("Zq8-pw/x1-and-more")] == ["Zq8-pw/x1-and-more"]


def test_the_number_of_values_is_bounded() -> None:
    learned = Learned()
    for number in range(MAX_VALUES + 5):
        learned.give(f"v{number:06}")
    assert len(learned) == MAX_VALUES
