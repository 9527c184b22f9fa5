"""A hook's syntax tree, node by node."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.support.program import MINIATURE_HOOK

from ksimage.errors import HookBroken
from ksimage.hook.syntax import MAX_BYTES, parse


@pytest.mark.parametrize("path", [MINIATURE_HOOK, Path(ast.__file__)], ids=lambda path: path.name)
def test_the_nodes_are_those_of_the_standard_library(path: Path) -> None:
    source = path.read_bytes()
    found = parse(source, "hook")
    (tree,) = found[ast.Module]
    expected: dict[type[ast.AST], list[ast.AST]] = {}
    for node in ast.walk(tree):
        expected.setdefault(type(node), []).append(node)
    assert ast.dump(tree) == ast.dump(ast.parse(source, feature_version=(3, 8)))
    assert {kind: found[kind] for kind in expected} == expected
    assert not found[ast.TypeIgnore]


@pytest.mark.parametrize(
    "source", [b"def f(:\n", b"return 1\n", b"a = 1\0\n", b"#" * (MAX_BYTES + 1)], ids=range(4)
)
def test_what_python_cannot_read_is_broken(source: bytes) -> None:
    with pytest.raises(HookBroken):
        parse(source, "hook")
