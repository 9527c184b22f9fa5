from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest


@pytest.fixture
def opened() -> Iterator[Callable[[Any], Any]]:
    """Closes a source or target when the test ends."""
    with ExitStack() as stack:

        def register(place: Any) -> Any:
            stack.callback(place.close)
            return place

        yield register
