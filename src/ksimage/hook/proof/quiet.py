"""Decide whether the ``quiet`` of a call can ever be true, by following where its value comes from.

Accepted are the shapes that upstream's hook has: a constant, a variable or attribute that is only
given constants, and a parameter to which every caller passes one (``component(quiet=False)`` ->
``self.quiet`` -> ``run_async(quiet=self.quiet)``). Everything else is refused as unproven.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ksimage.errors import HookStillQuiet, HookUnproven

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ksimage.hook.proof.scopes import Scope, Scopes

_SUPPRESSING = ("suppress_ansible_output", "suppress_output_file")
_INTERCEPTING = ("__getattribute__", "__getattr__", "__setattr__", "__slots__")


class Loudness:
    """The check, for one module. ``name`` is that of the hook, for messages."""

    def __init__(self, scopes: Scopes, name: str) -> None:
        self.scopes = scopes
        self.name = name
        self.what = "quiet"  # the argument that is being followed, for messages

    def require(self, call: ast.Call) -> None:
        """Check one call of ansible_runner. Without ``quiet`` it is loud.

        Raises:
            HookStillQuiet: it is quiet.
            HookUnproven: it may be.
        """
        for keyword in call.keywords:
            if keyword.arg in ("quiet", *_SUPPRESSING):
                self.what = keyword.arg
                self.false(keyword.value, call.lineno, set())
            elif keyword.arg == "settings":
                self.settings(keyword.value, call.lineno)

    def require_elsewhere(self) -> None:
        """Check what else could silence a call: ``quiet=True`` handed to anything at all, and
        the attributes of ansible-runner's configuration, which handlers can set.

        Raises:
            HookStillQuiet, HookUnproven: something does.
        """
        for node in self.scopes.scope_of:
            if isinstance(node, ast.keyword) and node.arg == "quiet":
                if isinstance(node.value, ast.Constant):
                    self.what = "quiet"
                    self.false(node.value, node.value.lineno, set())
                continue
            if not isinstance(node, ast.Attribute) or isinstance(node.ctx, ast.Load):
                continue
            if node.attr in _SUPPRESSING:
                self.what = node.attr
                self.false(self.assigned(node, node.lineno), node.lineno, set())

    def settings(self, node: ast.expr, line: int) -> None:
        """``settings=`` wins over ``quiet`` in every ansible-runner from 1.4.6 on."""
        if isinstance(node, ast.Constant) and node.value is None:
            return
        if not isinstance(node, ast.Dict) or not all(
            isinstance(k, ast.Constant) for k in node.keys
        ):
            raise HookUnproven(self.name, line, "settings= is no plain dictionary")
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(key, ast.Constant) and key.value in _SUPPRESSING:
                self.what = str(key.value)
                self.false(value, line, set())

    def false(self, node: ast.expr, line: int, seen: set[tuple[ast.AST, str]]) -> None:
        """Check that an expression is false whatever happens."""
        if isinstance(node, ast.Constant):
            if node.value:
                where = f"{self.what}={node.value!r}"
                if node.lineno != line:
                    where += f", given in line {node.lineno}"
                raise HookStillQuiet(self.name, line, where)
        elif isinstance(node, ast.Name):
            self.variable(node, line, seen)
        elif isinstance(node, ast.Attribute):
            self.attribute(node, line, seen)
        else:
            raise self.unproven(node, line)

    def unproven(self, node: ast.AST, line: int) -> HookUnproven:
        text = ast.unparse(node).splitlines()[0][:80]
        return HookUnproven(self.name, line, f"cannot tell whether {text!r} is false")

    def variable(self, node: ast.Name, line: int, seen: set[tuple[ast.AST, str]]) -> None:
        scope = self.scopes.resolve(node, node.id)
        if scope is None:
            raise self.unproven(node, line)
        if (scope.node, node.id) in seen:
            return
        seen.add((scope.node, node.id))
        for binding in scope.bindings[node.id]:
            if isinstance(binding, ast.arg):
                self.parameter(scope, binding, line, seen)
            else:
                self.false(self.assigned(binding, line), line, seen)

    def attribute(self, node: ast.Attribute, line: int, seen: set[tuple[ast.AST, str]]) -> None:
        """``self.quiet``: every value that anything in the module gives such an attribute."""
        cls = self.class_of(node)
        if cls is None or not _is_plain(cls):
            raise self.unproven(node, line)
        if (cls.node, node.attr) in seen:
            return
        seen.add((cls.node, node.attr))
        stores: list[ast.AST] = [
            other
            for other in self.scopes.scope_of
            if isinstance(other, ast.Attribute)
            and other.attr == node.attr
            and not isinstance(other.ctx, ast.Load)
        ]
        stores += cls.bindings.get(node.attr, [])
        if not stores:
            raise self.unproven(node, line)
        for store in stores:
            self.false(self.assigned(store, line), line, seen)

    def class_of(self, node: ast.Attribute) -> Scope | None:
        """The class whose method has ``node.value`` as its first parameter and leaves it alone."""
        if not isinstance(node.value, ast.Name):
            return None
        scope = self.scopes.resolve(node, node.value.id)
        if scope is None or not scope.is_function or scope.parent is None:
            return None
        function = scope.node
        if not isinstance(function, ast.FunctionDef) or function.decorator_list:
            return None
        parameters = [*function.args.posonlyargs, *function.args.args]
        if not parameters or scope.bindings[node.value.id] != [parameters[0]]:
            return None
        return scope.parent if isinstance(scope.parent.node, ast.ClassDef) else None

    def assigned(self, target: ast.AST, line: int) -> ast.expr:
        """The value of the plain assignment that ``target`` is the left side of."""
        statement = self.scopes.parents.get(target)
        if isinstance(statement, ast.Assign) and target in statement.targets:
            return statement.value
        if isinstance(statement, (ast.AnnAssign, ast.NamedExpr)) and statement.value is not None:
            return statement.value
        raise self.unproven(statement or target, line)

    def parameter(
        self, scope: Scope, argument: ast.arg, line: int, seen: set[tuple[ast.AST, str]]
    ) -> None:
        function = scope.node
        if not isinstance(function, ast.FunctionDef) or argument in (
            function.args.vararg,
            function.args.kwarg,
        ):
            raise self.unproven(argument, line)
        if function.decorator_list:
            raise HookUnproven(
                self.name, line, f"{function.name} has a decorator, which may change its arguments"
            )
        calls = list(self.calls_of(function, line))
        if not calls:
            raise HookUnproven(
                self.name, line, f"nothing calls {function.name}, or not by its name"
            )
        for call, bound in calls:
            self.false(self.passed(call, function, argument, bound, line), line, seen)

    def calls_of(self, function: ast.FunctionDef, line: int) -> Iterator[tuple[ast.Call, bool]]:
        """All calls of a function; with True when its first argument is passed implicitly.

        Raises:
            HookUnproven: it is used other than by calling it.
        """
        owner = self.scopes.scope_of[function]
        method = isinstance(owner.node, ast.ClassDef)
        if method and function.name == "__init__" and isinstance(owner.node, ast.ClassDef):
            cls = owner.node
            self.no_subclass(cls, line)
            for node in self.uses(cls.name, cls):
                yield self.as_call(node, line), True
            for node in self.attributes("__init__"):
                if not self.elsewhere(node, cls):
                    raise self.unproven(node, line)
            return
        if method:
            for node in self.attributes(function.name):
                yield self.as_call(node, line), True
            return
        for node in self.uses(function.name, function):
            yield self.as_call(node, line), False

    def uses(self, name: str, definition: ast.AST) -> Iterator[ast.expr]:
        """Every place that reads ``name`` where it means ``definition``."""
        for node in self.scopes.scope_of:
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load):
                scope = self.scopes.resolve(node, name)
                if scope and definition in scope.bindings[name]:
                    if scope.bindings[name] != [definition]:
                        raise HookUnproven(self.name, node.lineno, f"{name} is bound twice")
                    yield node

    def attributes(self, name: str) -> Iterator[ast.Attribute]:
        for node in self.scopes.scope_of:
            if isinstance(node, ast.Attribute) and node.attr == name:
                yield node

    def elsewhere(self, node: ast.Attribute, cls: ast.ClassDef) -> bool:
        """Whether an explicit ``X.__init__`` can only be that of another class than ``cls``."""
        value = node.value
        if isinstance(value, ast.Name):
            scope = self.scopes.resolve(value, value.id)
            bound = scope.bindings[value.id] if scope else []
            return all(isinstance(b, ast.ClassDef) and b is not cls for b in bound)
        # super() reaches cls only from a class derived from it, and there is none.
        return (
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Name)
            and value.func.id == "super"
        )

    def no_subclass(self, cls: ast.ClassDef, line: int) -> None:
        if cls.decorator_list or cls.keywords:
            raise HookUnproven(self.name, line, f"class {cls.name} has a decorator or a metaclass")
        for node in self.scopes.parents:
            if isinstance(node, ast.ClassDef) and any(
                isinstance(base, ast.Name) and base.id == cls.name for base in node.bases
            ):
                raise HookUnproven(self.name, line, f"class {node.name} derives from {cls.name}")

    def as_call(self, node: ast.expr, line: int) -> ast.Call:
        above = self.scopes.parents[node]
        if isinstance(above, ast.Call) and above.func is node:
            return above
        raise HookUnproven(
            self.name, line, f"{ast.unparse(node)} in line {node.lineno} is used without calling it"
        )

    def passed(
        self,
        call: ast.Call,
        function: ast.FunctionDef,
        argument: ast.arg,
        bound: bool,
        line: int,
    ) -> ast.expr:
        """What a call passes for a parameter: by name, by position, or the default."""
        if any(isinstance(a, ast.Starred) for a in call.args) or any(
            keyword.arg is None for keyword in call.keywords
        ):
            raise HookUnproven(self.name, line, f"* or ** in the call of line {call.lineno}")
        for keyword in call.keywords:
            if keyword.arg == argument.arg:
                return keyword.value
        positional = [*function.args.posonlyargs, *function.args.args]
        if argument in positional:
            place = positional.index(argument) - bound
            if 0 <= place < len(call.args):
                return call.args[place]
            default = positional.index(argument) - len(positional) + len(function.args.defaults)
            if default >= 0:
                return function.args.defaults[default]
        else:
            value = function.args.kw_defaults[function.args.kwonlyargs.index(argument)]
            if value is not None:
                return value
        raise HookUnproven(
            self.name, line, f"the call of line {call.lineno} passes no {argument.arg}"
        )


def _is_plain(cls: Scope) -> bool:
    """Whether attributes of its objects are what was assigned: nothing inherited or intercepted."""
    node = cls.node
    return (
        isinstance(node, ast.ClassDef)
        and all(isinstance(base, ast.Name) and base.id == "object" for base in node.bases)
        and not any(name in cls.bindings for name in _INTERCEPTING)
    )
