"""``docs/exit-codes.md``, written from the errors: ``python -m tests.support.exit_code_page``."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from ksimage.errors import FAMILIES, KsimageError

PAGE = Path(__file__).parents[2] / "docs" / "exit-codes.md"

HEAD = """\
# Exit codes

Written from the program: `make docs` after a change, and a test compares. With `--output json` an
error is a document on stdout: `error.kind` is the name in the second column, which stays,
`error.message` and `error.why` are for people, `error.advice` is what to type next.

| code | kind | |
|---|---|---|
| 0 | | Done. Also when there was nothing to do. |
| 1 | | A mistake of ksimage itself. `-vv` shows where; please report it. |
"""
TAIL = """\
| 130 | | Interrupted (Ctrl-C). Nothing was tagged or pushed half-made; the next run goes on. |
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page())
    print(PAGE, file=sys.stderr)


def page() -> str:
    """The whole page."""
    by_code: dict[int, list[type[KsimageError]]] = defaultdict(list)
    for error in errors():
        by_code[error.exit_code].append(error)
    rows = [
        f"| {code if first else ''} | `{kind(error)}` | {summary(error)} |\n"
        for code in sorted(by_code)
        for first, error in zip([True] + [False] * 99, by_code[code], strict=False)
    ]
    return HEAD + "".join(rows) + TAIL


def errors(base: type[KsimageError] = KsimageError) -> Iterator[type[KsimageError]]:
    """Every class that a user can meet, families before their members."""
    for family in FAMILIES:
        import_module(f"ksimage.errors.{family}")
    for error in sorted(base.__subclasses__(), key=lambda error: (error.exit_code, error.__name__)):
        if error.__module__.startswith("ksimage.errors"):
            yield error
            yield from errors(error)


def kind(error: type[KsimageError]) -> str:
    """The class's name in JSON."""
    return KsimageError.kind.fget(error.__new__(error))  # type: ignore[attr-defined,no-any-return]


def summary(error: type[KsimageError]) -> str:
    """The first paragraph of its docstring, for Markdown."""
    text = " ".join((error.__doc__ or "").split("\n\n")[0].split())
    return text.replace("``", "`").replace("|", "\\|")


if __name__ == "__main__":
    main()
