"""Every faulty ksimage.yaml in ``faulty/`` against the faults it must show.

``KSIMAGE_UPDATE_GOLDEN=1`` writes the expected files anew; read the difference before committing.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ksimage.config.resolve import resolve
from ksimage.errors import ConfigFaults

FOLDER = Path(__file__).with_name("faulty")
FILES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


def test_there_are_enough() -> None:
    assert len(FILES) >= 40
    assert sorted(path.stem for path in FOLDER.glob("*.txt")) == FILES


@pytest.mark.parametrize("name", FILES)
def test_faulty_file(name: str) -> None:
    path = FOLDER / f"{name}.yaml"
    with pytest.raises(ConfigFaults) as caught:
        resolve({}, {}, path, FOLDER)
    text = "".join(f"{fault}\n" for fault in caught.value.faults)
    golden = path.with_suffix(".txt")
    if os.environ.get("KSIMAGE_UPDATE_GOLDEN"):
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8")
    assert caught.value.exit_code == 3
    for fault in caught.value.faults:
        assert fault.place == path.name
        assert fault.line >= 1 or name == "too-large"


@pytest.mark.parametrize("name", FILES)
def test_no_fault_shows_a_password(name: str) -> None:
    with pytest.raises(ConfigFaults) as caught:
        resolve({}, {}, FOLDER / f"{name}.yaml", FOLDER)
    error = caught.value
    shown = "\n".join([error.message, error.why, *error.advice, repr(error.faults)])
    assert "Harbor12345" not in shown
    assert "YWRtaW46SGFyYm9yMTIzNDU=" not in shown
    assert shown.replace("\n", "").isprintable()
