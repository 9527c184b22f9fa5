from __future__ import annotations

import xml.etree.ElementTree as ET

from tests.support.attempts import attempt, run, task, whole
from tests.support.installations import installation

from ksimage.events.model import Attempt
from ksimage.timeline.analysis import analyse
from ksimage.timeline.svg import LEFT, RIGHT, WIDTH, grid_step, picture

SVG = "{http://www.w3.org/2000/svg}"


def bars(text: str, state: str) -> list[tuple[float, float]]:
    """Left edge and width of each bar of a state, the legend's square left out."""
    return [
        (float(one.attrib["x"]), float(one.attrib["width"]))
        for one in ET.fromstring(text).iter(f"{SVG}rect")
        if one.attrib["class"] == state and "rx" not in one.attrib
    ]


def test_bars_lie_where_their_times_are() -> None:
    (failed,) = bars(picture(analyse(whole())), "failed")
    scale = (WIDTH - LEFT - RIGHT) / 141
    assert abs(failed[0] - (LEFT + 21 * scale)) < 0.1
    assert abs(failed[1] - 9 * scale) < 1


def test_it_names_all_components_and_the_verdict() -> None:
    text = " ".join(ET.fromstring(picture(analyse(whole()))).itertext())
    for word in ("preinstall", "monitoring", "network", "result-info", "failed: monitoring"):
        assert word in text


def test_it_stays_small() -> None:
    assert len(picture(analyse(installation(20_000)))) < 60_000


def test_a_short_failure_can_be_seen_beside_long_tasks() -> None:
    installed = attempt(run("a", task("long", 0, 36_000), task("bad", 36_000, 0.01, "failed")))
    assert bars(picture(analyse(installed)), "failed")[0][1] >= 2


def test_hostile_names_are_text() -> None:
    name = '</text><script>alert(1)</script>\x00\u202e"&'
    root = ET.fromstring(picture(analyse(attempt(run(name, task(name, 0, 1))))))
    assert not list(root.iter(f"{SVG}script"))


def test_nothing_is_a_picture_too() -> None:
    assert "No event" in picture(analyse(Attempt()))


def test_the_grid_has_few_lines() -> None:
    for seconds in (0.5, 59, 3600, 86_400):
        assert seconds / grid_step(seconds, 9) <= 9
