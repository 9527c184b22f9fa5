"""Which binding a name in Python source refers to: just enough for the proof about the hook.

``symtable`` knows this too but does not tie its answers to nodes of the syntax tree.
"""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda"
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
# Fields that hold no nodes of their own.
_PLAIN = frozenset(
    {
        "arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "kind", "level", "module",
        "n", "name", "op", "ops", "s", "simple", "type_comment", "type_ignores",
    }
)  # fmt: skip
_inner: dict[type[ast.AST], tuple[str, ...]] = {ast.Constant: ()}  # the others, by kind of node
# Put there by the site module and the interpreter.
_IMPLICIT = {"exit", "quit", "copyright", "credits", "license", "__file__", "__name__", "__doc__"}
MAX_DEPTH = 150
"""Deepest syntax tree that is looked at; upstream's hooks have 20 levels."""
KNOWN = frozenset(dir(builtins)) | _IMPLICIT


@dataclass(eq=False)
class Scope:
    """A module, class, function or comprehension, and the nodes that bind names in it."""

    node: ast.AST
    parent: Scope | None
    bindings: dict[str, list[ast.AST]] = field(default_factory=dict)
    outer: set[str] = field(default_factory=set)  # declared global or nonlocal

    @property
    def is_function(self) -> bool:
        """Whether it is a function or a lambda."""
        return isinstance(self.node, _FUNCTIONS)

    def bind(self, name: str, node: ast.AST) -> None:
        """Note that ``node`` gives ``name`` a value here."""
        self.bindings.setdefault(name, []).append(node)


class Scopes:
    """The scopes of a module; ``scope_of`` maps every node to the scope in which it is evaluated.

    ``parents`` maps every node to the node above it. Operators and contexts (``ast.Load``) are left
    out: each is one object for the whole tree.

    Raises:
        RecursionError: the tree is too deep to be walked.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.module = Scope(tree, None)
        self.scope_of: dict[ast.AST, Scope] = {tree: self.module}
        self.parents: dict[ast.AST, ast.AST] = {}
        self.inner: dict[ast.AST, Scope] = {tree: self.module}
        self._current = self.module
        self._depth = 0
        self._into(tree)
        self._hoist()

    def resolve(self, node: ast.AST, name: str) -> Scope | None:
        """The scope whose binding a name at ``node`` refers to; None when nothing binds it."""
        scope: Scope | None = self.scope_of[node]
        first = True
        while scope is not None:
            # Names of a class body are not visible in the functions inside it.
            visible = first or not isinstance(scope.node, ast.ClassDef)
            if visible and name in scope.bindings and name not in scope.outer:
                return scope
            first = False
            scope = scope.parent
        return None

    def _visit(self, node: ast.AST, parent: ast.AST) -> None:
        """Record the node and go on into it."""
        self.parents[node] = parent
        self.scope_of[node] = self._current
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise RecursionError(f"it is nested more than {MAX_DEPTH} levels deep")
        _VISITS.get(type(node), Scopes._into)(self, node)
        self._depth -= 1

    def _into(self, node: ast.AST) -> None:
        kind = type(node)
        if kind not in _inner:
            _inner[kind] = tuple(name for name in kind._fields if name not in _PLAIN)
        for name in _inner[kind]:
            value = getattr(node, name, None)
            if isinstance(value, ast.AST):
                self._visit(value, node)
            elif isinstance(value, list):
                self._each(value, node)

    def _each(self, nodes: Iterable[object], parent: ast.AST) -> None:
        for node in nodes:
            if isinstance(node, ast.AST):  # what ** unpacks has None for a key
                self._visit(node, parent)

    def _enter(self, node: ast.AST) -> Scope:
        self._current = self.inner[node] = Scope(node, self._current)
        return self._current

    def _function(self, node: Function) -> None:
        outside, arguments = self._current, node.args
        if not isinstance(node, ast.Lambda):
            outside.bind(node.name, node)
            self._each((*node.decorator_list, node.returns), node)
        self._each((*arguments.defaults, *arguments.kw_defaults), arguments)
        scope = self._enter(node)
        self.parents[arguments] = node
        self.scope_of[arguments] = scope
        for argument in every_argument(arguments):
            scope.bind(argument.arg, argument)
            self._visit(argument, arguments)
        self._each(node.body if isinstance(node.body, list) else [node.body], node)
        self._current = outside

    def _class(self, node: ast.ClassDef) -> None:
        outside = self._current
        outside.bind(node.name, node)
        self._each((*node.decorator_list, *node.bases, *node.keywords), node)
        self._enter(node)
        self._each(node.body, node)
        self._current = outside

    def _comprehension(self, node: ast.AST) -> None:
        outside = self._current
        self._enter(node)
        self._into(node)
        self._current = outside

    def _name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            return
        scope = self._current
        if isinstance(self.parents[node], ast.NamedExpr):
            while isinstance(scope.node, _COMPREHENSIONS) and scope.parent:
                scope = scope.parent
        scope.bind(node.id, node)

    def _outer(self, node: ast.Global | ast.Nonlocal) -> None:
        self._current.outer.update(node.names)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self._current.bind(alias.asname or alias.name.split(".")[0], alias)
        self._into(node)

    def _handler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self._current.bind(node.name, node)
        self._into(node)

    def _hoist(self) -> None:
        """Move bindings of ``global`` and ``nonlocal`` names to the scope that they mean."""
        for scope in self.inner.values():
            for name in scope.outer & scope.bindings.keys():
                target = scope.parent
                while (
                    target is not None
                    and target.parent is not None
                    and (name not in target.bindings or isinstance(target.node, ast.ClassDef))
                ):
                    target = target.parent
                for node in scope.bindings[name]:
                    (target or self.module).bind(name, node)


_VISITS: dict[type[ast.AST], Callable[[Scopes, Any], None]] = {
    **dict.fromkeys(_FUNCTIONS, Scopes._function),
    **dict.fromkeys(_COMPREHENSIONS, Scopes._comprehension),
    ast.ClassDef: Scopes._class,
    ast.Name: Scopes._name,
    ast.Global: Scopes._outer,
    ast.Nonlocal: Scopes._outer,
    ast.Import: Scopes._import,
    ast.ImportFrom: Scopes._import,
    ast.ExceptHandler: Scopes._handler,
}


def every_argument(arguments: ast.arguments) -> list[ast.arg]:
    """All parameters of a function, ``*args`` and ``**kwargs`` included."""
    found = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return [*found, *(a for a in (arguments.vararg, arguments.kwarg) if a)]


def undefined(scopes: Scopes) -> dict[str, int]:
    """Names that are read but that nothing binds, with the line of the first use."""
    found: dict[str, int] = {}
    for node in scopes.scope_of:
        if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
            continue
        if node.id not in KNOWN and scopes.resolve(node, node.id) is None:
            found[node.id] = min(node.lineno, found.get(node.id, node.lineno))
    return found
