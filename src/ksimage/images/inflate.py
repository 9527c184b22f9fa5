"""The decompressor of gzip data: zlib-ng where it is installed, else the interpreter's zlib.

Both give the same bytes and refuse the same damage (``tests/property/test_inflate.py``); zlib-ng
takes half the time. Nothing is ever compressed: see ``images/layer.py``.
"""

from __future__ import annotations

import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from zlib import _Decompress

_module: Any = zlib
with suppress(ImportError):  # there are no wheels for rare machines
    from zlib_ng import zlib_ng as _module

DAMAGED: type[Exception] = _module.error
"""What a decompressor raises."""


def gunzip() -> _Decompress:
    """A decompressor of one gzip member (RFC 1952), as ``zlib.decompressobj`` makes them."""
    made: _Decompress = _module.decompressobj(wbits=31)
    return made
