"""What a failure said."""

from __future__ import annotations

from ksimage.events import failure


def test_command_message_and_both_outputs_in_this_order() -> None:
    result = {
        "stdout": "half",
        "stderr": "no store\n",
        "msg": "non-zero",
        "cmd": ["sh", "-c", "a b"],
    }
    assert failure.said(result) == "$ sh -c 'a b'\nnon-zero\nno store\nhalf"


def test_of_a_long_output_the_end_is_kept() -> None:
    said = failure.said({"stderr": "noise\n" * 10_000 + "the reason"})
    assert said.endswith("the reason")
    assert len(said) <= failure.LIMIT


def test_what_is_hidden_is_not_shown() -> None:
    assert failure.said({"censored": "the output has been hidden", "msg": "x"}).startswith(
        "(hidden"
    )


def test_other_types_become_text() -> None:
    assert failure.said({"msg": {"code": 3}, "cmd": 7, "stderr": None}) == '{"code": 3}'
    assert failure.of_item({"item": {"name": "a"}, "msg": "no"}) == 'item {"name": "a"}: no'


def test_endless_nesting_is_dropped() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert failure.said({"msg": deep, "stderr": "x"}) == "x"
