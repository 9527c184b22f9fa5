"""A hook's source as Python reads it, or HookBroken."""

from __future__ import annotations

import ast
import threading
import warnings
from collections import defaultdict
from contextlib import contextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeVar, cast

from ksimage.errors import HookBroken

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    Node = TypeVar("Node", bound=ast.AST)

OLDEST_PYTHON: Final = (3, 8)
"""The oldest interpreter in a supported image: v3.0.0's base is Alpine 3.12."""
MAX_BYTES: Final = 2 << 20

# CPython 3.11 counts the depth of a syntax tree per interpreter: of two threads in ast.parse one
# may end in a SystemError (python/cpython#106905).
_PARSING = threading.Lock()


class Nodes:
    """The nodes of a syntax tree by their type, found once, in the order of :func:`ast.walk`."""

    def __init__(self, tree: ast.AST) -> None:
        self._found: defaultdict[type, list[ast.AST]] = defaultdict(list)
        waiting = [tree]
        for node in waiting:
            self._found[type(node)].append(node)
            for field in getattr(node, "_fields", ()):  # texts and None are in lists, too
                value = getattr(node, field, None)
                if isinstance(value, list):
                    waiting += value
                elif isinstance(value, ast.AST):
                    waiting.append(value)

    def __getitem__(self, kind: type[Node]) -> Sequence[Node]:
        return cast("Sequence[Node]", self._found.get(kind, ()))


@lru_cache(maxsize=2)
def parse(data: bytes, name: str) -> Nodes:
    """A hook's syntax tree.

    Raises HookBroken.
    """
    # They have megabytes: only those at hand are kept.
    if len(data) > MAX_BYTES:
        raise HookBroken(name, f"{len(data)} bytes are more than a hook can have")
    with as_broken(name):
        tree = ast.parse(data, name, feature_version=OLDEST_PYTHON)
        compile(tree, name, "exec", dont_inherit=True)  # finds a return outside of a function
    return Nodes(tree)


@contextmanager
def as_broken(name: str) -> Iterator[None]:
    """What Python says of a hook that it cannot read, as HookBroken."""
    try:
        # catch_warnings is the process's, too
        with _PARSING, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # upstream's invalid escapes are not our subject
            yield
    except SyntaxError as error:
        advice = []
        if "keyword argument repeated: verbosity" in error.msg:
            advice = ["it passes a verbosity already: --without verbosity"]
        raise HookBroken(name, error.msg, line=error.lineno, advice=advice) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise HookBroken(name, f"Python cannot read it: {error}") from error
