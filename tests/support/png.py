"""PNG pictures, as far as tests look into them."""

from __future__ import annotations

import struct
import zlib


def colours(png: bytes) -> set[tuple[int, int, int]]:
    """The colours of a PNG as Chromium writes it (8 bits, RGB or RGBA), filters undone."""
    width, height, bits, kind = struct.unpack(">IIBB", png[16:26])
    assert bits == 8
    size = {2: 3, 6: 4}[kind]
    data, at = b"", 8
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            data += png[at + 8 : at + 8 + length]
        at += 12 + length
    raw = zlib.decompress(data)
    above = bytearray(width * size)
    found: set[tuple[int, int, int]] = set()
    for row in range(height):
        start = row * (width * size + 1)
        line = bytearray(raw[start + 1 : start + 1 + width * size])
        _undo(raw[start], line, above, size)
        found.update((line[x], line[x + 1], line[x + 2]) for x in range(0, width * size, size))
        above = line
    return found


def _undo(kind: int, line: bytearray, above: bytearray, size: int) -> None:
    for x in range(len(line)):
        left = line[x - size] if x >= size else 0
        corner = above[x - size] if x >= size else 0
        if kind == 1:
            line[x] = line[x] + left & 255
        elif kind == 2:
            line[x] = line[x] + above[x] & 255
        elif kind == 3:
            line[x] = line[x] + (left + above[x]) // 2 & 255
        elif kind == 4:
            guess = left + above[x] - corner
            nearest = min((left, above[x], corner), key=lambda value: abs(guess - value))
            line[x] = line[x] + nearest & 255
