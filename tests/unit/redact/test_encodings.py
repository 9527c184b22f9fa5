"""A value is found however it is written."""

from __future__ import annotations

import base64
import html
import json
import urllib.parse

from hypothesis import given
from hypothesis import strategies as st

from ksimage.redact.encodings import decoded, needles, unescaped

TEXT = st.text(
    st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"]), min_size=8, max_size=30
)


def _twice(value: str) -> str:
    return json.dumps(json.dumps(value)[1:-1])[1:-1]


@given(TEXT)
def test_escaped_and_quoted_forms_are_needles(value: str) -> None:
    found = needles(value)
    assert value in found
    assert json.dumps(value)[1:-1] in found
    assert json.dumps(value, ensure_ascii=False)[1:-1] in found
    assert _twice(value) in found
    assert urllib.parse.quote(value) in found
    assert urllib.parse.quote(value, safe="") in found
    assert urllib.parse.quote_plus(value) in found
    assert html.escape(value, quote=False).replace('"', "&quot;") in found
    assert repr(value)[1:-1] in found


@given(TEXT, st.binary(max_size=9), st.binary(max_size=9))
def test_base64_of_anything_around_it_holds_a_needle(
    value: str, before: bytes, after: bytes
) -> None:
    whole = base64.b64encode(before + value.encode() + after).decode()
    safe = base64.urlsafe_b64encode(before + value.encode() + after).decode()
    found = needles(value)
    assert any(needle in whole for needle in found)
    assert any(needle in safe for needle in found)


def test_bytes_that_are_no_utf8_are_encoded_as_they_were() -> None:
    value = b"geheim\xff99".decode("utf-8", "surrogateescape")
    assert "geheim%FF99" in needles(value)
    assert base64.b64encode(b"geheim\xff99").decode() in needles(value)
    assert needles("\ud800abcdefgh")


@given(TEXT)
def test_unescaped_undoes_escapes(value: str) -> None:
    once = json.dumps(value)[1:-1]
    if once != value:
        assert unescaped(once)[0] == value
        assert unescaped(_twice(value))[:2] == [once, value]


@given(TEXT)
def test_decoded_undoes_base64(value: str) -> None:
    text = base64.b64encode(value.encode()).decode()
    if value.isprintable():
        assert decoded(text) == value


def test_decoded_leaves_other_texts() -> None:
    for text in ("", "abc", "enabled!", base64.b64encode(b"\0\1\2\3\4\5").decode(), "密码密码"):
        assert decoded(text) is None
