from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

from tests.support.attempts import attempt, run, task, whole
from tests.support.installations import installation

from ksimage.events.model import Attempt
from ksimage.timeline.analysis import analyse
from ksimage.timeline.page import page


class Elements(HTMLParser):
    """Every element's attributes, and the text in scripts and styles, as a browser splits them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.raw: dict[str, list[str]] = {"script": [], "style": []}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in self.raw:
            self.raw[tag].append("")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem in self.raw:
            self.raw[self.cdata_elem][-1] += data


def policy(elements: Elements) -> str:
    return next(
        attributes["content"] or ""
        for tag, attributes in elements.tags
        if tag == "meta" and attributes.get("http-equiv") == "Content-Security-Policy"
    )


def test_only_the_pages_own_script_and_style_may_run() -> None:
    elements = Elements(page(analyse(whole())))
    data, code = elements.raw["script"]
    (style,) = elements.raw["style"]
    assert data.startswith("{")
    hashes = [b64encode(sha256(text.encode()).digest()).decode() for text in (code, style)]
    assert policy(elements) == (
        "default-src 'none'; base-uri 'none'; form-action 'none';"
        f" script-src 'sha256-{hashes[0]}'; style-src 'sha256-{hashes[1]}'"
    )


def test_it_refers_to_nothing_outside() -> None:
    text = page(analyse(installation()))
    assert not re.search(r"\b(src|href|srcset|action)\s*=", text)
    assert "url(" not in text
    assert "@import" not in text


def test_hostile_text_makes_no_element() -> None:
    name = "</script><img src=x onerror=alert(1)><script>alert(2)</script>"
    clean = Elements(page(analyse(attempt(run("a", task("t", 0, 1, "failed", output="o"))))))
    hostile = Elements(page(analyse(attempt(run(name, task(name, 0, 1, "failed", output=name))))))
    assert [tag for tag, _ in hostile.tags] == [tag for tag, _ in clean.tags]


def test_readers_without_scripts_get_the_report() -> None:
    text = page(analyse(whole()))
    assert (
        "What the web UI waited for" in text.partition("<noscript>")[2].partition("</noscript>")[0]
    )


def test_the_same_run_makes_the_same_page() -> None:
    assert page(analyse(installation())) == page(analyse(installation()))


def test_twenty_thousand_events_fit() -> None:
    assert len(page(analyse(installation(20_000))).encode()) < 400_000


def test_nothing_is_a_page_too() -> None:
    assert "<title>" in page(analyse(Attempt()))
