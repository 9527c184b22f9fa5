"""Variables and flags."""

from __future__ import annotations

from pathlib import Path

import pytest

from ksimage.config.sources import MAX_VARIABLE, from_environment, from_flags, label
from ksimage.config.values import Refused
from ksimage.errors import BadOption

HERE = Path("/srv")


def test_lists_are_quoted_as_in_a_shell() -> None:
    environ = {"KSIMAGE_LABELS": "team=platform 'note=for the lab'", "KSIMAGE_JOBS": ""}
    (values, origins), faults = from_environment(environ, HERE)
    assert faults == []
    assert values == {"labels.team": "platform", "labels.note": "for the lab"}
    assert {str(origin) for origin in origins.values()} == {"environment KSIMAGE_LABELS"}


@pytest.mark.parametrize(
    ("variable", "text", "reason"),
    [
        ("KSIMAGE_LABELS", "a='", "has a quote without its partner"),
        ("KSIMAGE_LABELS", "x" * (MAX_VARIABLE + 1), "is longer than"),
        ("KSIMAGE_LABELS", "team", "is not KEY=VALUE"),
        ("KSIMAGE_ENGINE", "podman", "is none of auto, docker, direct"),
        ("KSIMAGE_SOURCE", "harbor.lan/a/b:c", "has a tag or digest"),
    ],
)
def test_a_faulty_variable_is_a_fault_with_its_name(variable: str, text: str, reason: str) -> None:
    (values, _), (fault,) = from_environment({variable: text}, HERE)
    assert values == {}
    assert fault.place == variable and fault.line == 0 and reason in fault.reason


def test_a_faulty_flag_is_an_error_of_usage() -> None:
    with pytest.raises(BadOption, match=r"^--engine: 'dcoker'") as caught:
        from_flags({"engine": "dcoker"}, HERE)
    assert caught.value.advice == ("did you mean: docker",)
    with pytest.raises(KeyError):
        from_flags({"no-setting": "x"}, HERE)


def test_one_image_is_a_source_for_one_run() -> None:
    values, _ = from_flags({"source": "harbor.lan/a/b:c", "tag": None, "platforms": ()}, HERE)
    assert values == {"source": "harbor.lan/a/b:c"}


def test_a_label() -> None:
    assert label("a=b=c") == ("a", "b=c")
    with pytest.raises(Refused):
        label("io.ksimage.version=1")
