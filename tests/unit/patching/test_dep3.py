from __future__ import annotations

import pytest

from ksimage.errors import PatchMalformed
from ksimage.patching import dep3
from ksimage.upstream import releases

FULL = """\
Description: let every playbook print
 Why it matters.
 .
 More.
Origin: vendor
Author: A <a@example.com>
Bug: https://example.com/1
Bug: https://example.com/2
Forwarded: no (upstream is unmaintained)
Last-Update: 2026-11-22
X-Ksimage-Releases: >=3.1.0-alpha.0 <=3.4.1
X-Ksimage-Risk: a longer log"""


def parse(text: str, *, required: bool = True) -> dep3.PatchHeader:
    return dep3.parse(text, "sample", path="patches/sample.patch", required=required)


def test_fields() -> None:
    header = parse(FULL)
    assert header.summary == "let every playbook print"
    assert header.risk == "a longer log"
    assert header.fits(releases.find("v3.1.0-alpha.0"))
    assert not header.fits(releases.find("v3.0.0"))


def test_without_a_range_it_fits_every_release() -> None:
    header = parse("Subject: s\nFrom: a")
    assert all(header.fits(release) for release in releases.all_releases())


def test_mail_of_git_format_patch() -> None:
    header = parse(
        "From 0123456789012345678901234567890123456789 Mon Sep 17 00:00:00 2001\n"
        "From: A <a@example.com>\n"
        "Date: Sun, 22 Nov 2026 10:00:00 +0000\n"
        "Subject: [PATCH 1/2] a long subject that\n"
        " is folded\n"
        "\n"
        "The body explains: at length.\n"
        "Note: this is prose.\n"
        "\n"
        "Second paragraph.\n"
    )
    assert header.summary == "a long subject that is folded"


def test_own_fields_are_found_below_the_prose_too() -> None:
    header = parse("Subject: s\nFrom: a\n\nProse.\n\nX-Ksimage-Risk: r\n more")
    assert header.risk == "r\nmore"


def test_nothing_is_required_of_a_single_file() -> None:
    assert parse("", required=False).summary == ""
    assert parse("just words", required=False).summary == ""


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("", "no Description", 1),
        ("Author: a", "no Description", 1),
        ("Description:\nAuthor: a", "no Description", 1),
        ("Description: d", "neither Origin nor Author", 1),
        ("Description: d\nAuthor:", "neither Origin nor Author", 1),
        ("Description: d\nAuthor: a\nLast-Update: 22.11.2026", "no date", 3),
        ("Description: d\nAuthor: a\nLast-Update: 2026-02-30", "no date", 3),
        ("Description: d\nAuthor: a\nLast-Update: ٢٠٢٦-11-22", "no date", 3),
        ("Description: d\nAuthor: a\nForwarded: perhaps", "neither no", 3),
        ("Description: d\nAuthor: a\nX-Ksimage-Releases: new ones", "no condition", 3),
        ("Description: d\nAuthor: a\nX-Ksimage-Release: >=3", "did you mean X-Ksimage-Releases", 3),
        ("Description: d\nAuthor: a\nX-Ksimage-Colour: red", "unknown field", 3),
        ("Description: d\nDescription: e\nAuthor: a", "there twice", 2),
        ("Description: d\nforgotten blank\nAuthor: a", "neither field nor rest", 2),
    ],
)
def test_refused_headers(text: str, reason: str, line: int) -> None:
    with pytest.raises(PatchMalformed) as caught:
        parse(text)
    assert reason in caught.value.message
    assert caught.value.line == line


def test_a_wrong_field_is_refused_even_where_none_is_required() -> None:
    with pytest.raises(PatchMalformed):
        parse("X-Ksimage-Releases: ?", required=False)
