"""The page's colours: what is read can be read, in both themes."""

from __future__ import annotations

import re

import pytest

from ksimage import resources

STYLE = (resources.path("templates/timeline") / "page.css").read_text()
READABLE = 4.5
"""The contrast that WCAG 2 asks of small text (AA)."""


def palette(theme: str) -> dict[str, str]:
    """The colours of a theme; what dark does not name is as in light."""
    blocks = [STYLE.partition(":root {")[2].partition("}")[0]]
    if theme == "dark":
        blocks.append(STYLE.partition('[data-theme="dark"] {')[2].partition("}")[0])
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", " ".join(blocks)))


def contrast(one: str, other: str) -> float:
    """WCAG's contrast of two colours, 1 to 21."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: str) -> float:
    """WCAG's relative luminance."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.03928 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_measure_is_wcags() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("colour", ["fg", "dim", "failed", "running", "path", "accent"])
def test_text_stands_out_from_the_page(theme: str, colour: str) -> None:
    colours = palette(theme)
    assert contrast(colours[colour], colours["bg"]) >= READABLE


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("colour", ["ok", "changed", "running", "skipped"])
def test_names_on_bars_can_be_read(theme: str, colour: str) -> None:
    """As ``ink`` of theme.js chooses."""
    bar = palette(theme)[colour]
    ink = "#15181c" if luminance(bar) > 0.2 else "#ffffff"
    assert contrast(bar, ink) >= READABLE


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_bars_stand_out_from_the_page(theme: str) -> None:
    colours = palette(theme)
    for name in ("ok", "changed", "failed", "ignored", "rescued", "retry", "path"):
        assert contrast(colours[name], colours["bg"]) >= (2 if name == "retry" else 3), name


def test_both_themes_name_the_same_colours() -> None:
    assert palette("light").keys() == palette("dark").keys()
