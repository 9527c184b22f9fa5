from __future__ import annotations

from tests.support.attempts import attempt, run, task
from tests.support.installations import installation

from ksimage.timeline.analysis import analyse
from ksimage.timeline.comparison import compare, comparison_report, signed


def test_each_task_has_its_verdict() -> None:
    before = analyse(
        attempt(
            run("a", task("slow", 0, 5), task("quick", 5, 5), task("same", 10, 100),
                task("gone", 110, 2)),
        )
    )  # fmt: skip
    after = analyse(
        attempt(
            run("a", task("slow", 0, 9), task("quick", 9, 2), task("same", 11, 101),
                task("new", 112, 3)),
        )
    )  # fmt: skip
    comparison = compare(before, after)
    assert [(pair.name, pair.verdict, pair.difference) for pair in comparison.pairs] == [
        ("slow", "slower", 4),
        ("quick", "faster", -3),
        ("new", "new", 3),
        ("gone", "gone", -2),
        ("same", "same", 1),
    ]


def test_tasks_of_one_name_are_matched_in_their_order() -> None:
    before = analyse(attempt(run("a", task("t", 0, 1), task("t", 1, 10))))
    after = analyse(attempt(run("a", task("t", 0, 1), task("t", 1, 20))))
    assert [pair.difference for pair in compare(before, after).pairs] == [10, 0]


def test_an_installation_is_like_itself() -> None:
    comparison = compare(analyse(installation()), analyse(installation()))
    assert {pair.verdict for pair in comparison.pairs} == {"same"}


def test_half_as_fast_is_found_out() -> None:
    before, after = analyse(installation(seed=3)), analyse(installation(seed=3, speed=2))
    comparison = compare(before, after)
    assert not comparison.of("new")
    assert not comparison.of("gone")
    assert not comparison.of("faster")
    longest = max(pair.before.seconds for pair in comparison.pairs if pair.before)
    assert comparison.pairs[0].difference > longest / 2


def test_the_report_says_it() -> None:
    before = analyse(attempt(run("a", task("t", 0, 9)), run("b", task("old", 0, 1))), "yesterday")
    after = analyse(attempt(run("a", task("t", 0, 4))), "today")
    text = comparison_report(compare(before, after))
    assert "before   9.0 s  yesterday\nafter    4.0 s  today" in text
    assert "Faster: 1 (-5.0 s)\n  -5.0 s  9.0 s  4.0 s  a  t" in text
    assert "Gone: 1 (-1.0 s)\n  -1.0 s  1.0 s  -  b  old" in text
    assert "  b  1.0 s      -" in text


def test_signs() -> None:
    assert (signed(4.94), signed(-61), signed(0)) == ("+4.9 s", "-1m01", "+0 ms")
