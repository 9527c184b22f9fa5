from __future__ import annotations

import pytest

from ksimage import resources
from ksimage.errors import FileError
from ksimage.patching import series


def test_shipped_data_is_there() -> None:
    assert resources.path("Dockerfile.tmpl").is_file()
    assert resources.path("templates").is_dir()
    assert series.load(resources.path("patches")).patches


def test_missing_data_says_what_to_do() -> None:
    with pytest.raises(FileError) as caught:
        resources.path("no-such-file")
    assert "no-such-file" in caught.value.message
    assert caught.value.advice
