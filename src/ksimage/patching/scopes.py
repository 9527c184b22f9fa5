"""Which binding a name in Python source refers to: just enough for the proof about the hook.

``symtable`` knows this too but does not tie its answers to nodes of the syntax tree.
"""

from __future__ import annotations

import ast
import builtins
from dataclasses import dataclass, field
from typing import TypeAlias

Function: TypeAlias = "ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda"
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
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


class Scopes(ast.NodeVisitor):
    """The scopes of a module; ``scope_of`` maps every node to the scope in which it is evaluated.

    ``parents`` maps every node to the node above it.

    Raises:
        RecursionError: the tree is too deep to be walked.
    """

    def __init__(self, tree: ast.Module) -> None:
        self.module = Scope(tree, None)
        self.scope_of: dict[ast.AST, Scope] = {}
        self.parents: dict[ast.AST, ast.AST] = {}
        self.inner: dict[ast.AST, Scope] = {tree: self.module}
        level: list[ast.AST] = [tree]
        for _ in range(MAX_DEPTH + 1):
            below = []
            for node in level:
                for child in ast.iter_child_nodes(node):
                    self.parents[child] = node
                    below.append(child)
            level = below
        if level:
            raise RecursionError(f"it is nested more than {MAX_DEPTH} levels deep")
        self.current = self.module
        self.visit(tree)
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

    def visit(self, node: ast.AST) -> None:
        """Record the node and go on into it."""
        self.scope_of[node] = self.current
        super().visit(node)

    def _enter(self, node: ast.AST) -> Scope:
        scope = Scope(node, self.current)
        self.inner[node] = scope
        self.current = scope
        return scope

    def _function(self, node: Function) -> None:
        outside = self.current
        if not isinstance(node, ast.Lambda):
            outside.bind(node.name, node)
            for decorator in node.decorator_list:
                self.visit(decorator)
            if node.returns:
                self.visit(node.returns)
        arguments = node.args
        for default in (*arguments.defaults, *(d for d in arguments.kw_defaults if d)):
            self.visit(default)
        scope = self._enter(node)
        self.scope_of[arguments] = scope
        for argument in every_argument(arguments):
            self.scope_of[argument] = scope
            scope.bind(argument.arg, argument)
            if argument.annotation:
                self.visit(argument.annotation)
        for statement in node.body if isinstance(node.body, list) else [node.body]:
            self.visit(statement)
        self.current = outside

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._function(node)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._function(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        outside = self.current
        outside.bind(node.name, node)
        for outer in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(outer)
        self._enter(node)
        for statement in node.body:
            self.visit(statement)
        self.current = outside

    def generic_visit(self, node: ast.AST) -> None:
        """Comprehensions have a scope of their own; everything else is visited in order."""
        if not isinstance(node, _COMPREHENSIONS):
            self._bindings(node)
            super().generic_visit(node)
            return
        outside = self.current
        self._enter(node)
        super().generic_visit(node)
        self.current = outside

    def _bindings(self, node: ast.AST) -> None:
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            scope = self.current
            if isinstance(self.parents[node], ast.NamedExpr):
                while isinstance(scope.node, _COMPREHENSIONS) and scope.parent:
                    scope = scope.parent
            scope.bind(node.id, node)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            self.current.outer.update(node.names)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                self.current.bind(alias.asname or alias.name.split(".")[0], alias)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            self.current.bind(node.name, node)

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
