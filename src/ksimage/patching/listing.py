"""The text of a quilt series file: which patch files, in which order. Bytes in, no I/O."""

from __future__ import annotations

import re
from typing import NamedTuple

from ksimage.errors import SeriesMalformed

SUFFIXES = (".patch", ".diff")
MAX_SERIES = 1 << 16
_MAX_ENTRIES = 500


class SeriesLine(NamedTuple):
    """One line of a series file."""

    file_name: str
    strip: int
    line: int


def parse_series(data: bytes, path: str) -> tuple[SeriesLine, ...]:
    """Parse a quilt series: one file name a line, optional ``-pN``, ``#`` comments.

    Raises:
        SeriesMalformed: a line cannot be used.
    """
    if len(data) > MAX_SERIES:
        raise SeriesMalformed(f"the series has more than {MAX_SERIES} bytes", path=path)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise SeriesMalformed("the series is not UTF-8", path=path, line=line) from None
    entries: list[SeriesLine] = []
    for number, raw in enumerate(text.split("\n"), 1):
        words = re.sub(r"(^|\s)#.*", "", raw).split()
        if not words:
            continue
        entries.append(_entry(words, path, number))
        if len(entries) > _MAX_ENTRIES:
            raise SeriesMalformed(f"more than {_MAX_ENTRIES} patches", path=path, line=number)
    return tuple(entries)


def _entry(words: list[str], path: str, number: int) -> SeriesLine:
    file_name, *options = words
    strip = 1
    parts = file_name.split("/")
    if file_name.startswith("/") or ".." in parts or "" in parts or "\x00" in file_name:
        raise SeriesMalformed(
            f"{file_name!r} is no file below the directory of the series", path=path, line=number
        )
    if not file_name.endswith(SUFFIXES):
        raise SeriesMalformed(
            f"{file_name!r} does not end in {' or '.join(SUFFIXES)}", path=path, line=number
        )
    for option in options:
        if re.fullmatch(r"-p[0-4]", option):
            strip = int(option[2:])
        elif option == "-R":
            raise SeriesMalformed(
                f"{file_name} is to be applied in reverse (-R), which is not supported:"
                " write the reverse patch",
                path=path,
                line=number,
            )
        else:
            raise SeriesMalformed(
                f"unknown option {option!r} after {file_name}", path=path, line=number
            )
    return SeriesLine(file_name, strip, number)


def patch_name(file_name: str) -> str:
    """A patch's name: that of its file without the suffix."""
    for suffix in SUFFIXES:
        file_name = file_name.removesuffix(suffix)
    return file_name
