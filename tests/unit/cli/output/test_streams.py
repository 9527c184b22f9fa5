"""A stream whose reader went away."""

from __future__ import annotations

import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ksimage.cli.output.streams import Marks, _patient


@given(st.lists(st.text(max_size=200), max_size=5), st.text(max_size=9000))
def test_what_was_read_is_what_was_written_first(before: list[str], after: str) -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "w", encoding="utf-8", errors="replace", newline="\n") as plain:
        stream = _patient(plain)
        for text in before:
            stream.write(text)
        stream.flush()
        expected = "".join(before).encode("utf-8", "replace")
        assert os.read(reading, 1 << 16) == expected if expected else True
        os.close(reading)
        stream.write(after)
        stream.flush()
        stream.write(after)
        stream.flush()


def test_marks_are_cleaned(capsys: pytest.CaptureFixture[str]) -> None:
    marks = Marks(lambda text: text.replace("secret", "***"))
    marks.write("::group::secret\n")
    marks.flush()
    assert capsys.readouterr().err == "::group::***\n"
    assert sys.stderr is not None
