"""Find the calls of ansible_runner in a hook, and refuse every way of hiding one."""

from __future__ import annotations

import ast
import re
import threading
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from ksimage.errors import HookBroken, HookUnproven
from ksimage.hook.proof.scopes import Scopes

if TYPE_CHECKING:
    from collections.abc import Iterator

OLDEST_PYTHON = (3, 8)
"""The oldest interpreter in a supported image: v3.0.0's base is Alpine 3.12."""
MAX_BYTES = 2 << 20

# CPython 3.11 counts the depth of a syntax tree per interpreter: of two threads in ast.parse one
# may end in a SystemError (python/cpython#106905).
_PARSING = threading.Lock()

_CALLS = ("run", "run_async")
# Parts of the package through which no playbook can be started.
_HARMLESS = {"__version__", "defaults", "exceptions", "output"}
# Ways of reaching a call that a reader of the text cannot follow.
_OPAQUE = {"__import__", "compile", "eval", "exec", "globals", "locals", "vars"}
_OPAQUE_MODULES = {"importlib", "runpy"}
_OPAQUE_ATTRIBUTES = {"modules", "__dict__", "__setattr__", "__getattribute__"}


class Call(NamedTuple):
    """One call of ansible_runner in a hook."""

    function: str
    node: ast.Call

    @property
    def line(self) -> int:
        """Line in the hook, from 1."""
        return self.node.lineno


class Source:
    """A parsed hook and the calls of ansible_runner in it.

    Attributes:
        calls: in the order of the text.
        star_imports: modules of ``from MODULE import *``.
        tree, scopes: the syntax tree and the bindings in it.

    Raises:
        HookBroken: it does not parse.
    """

    def __init__(self, data: bytes, name: str) -> None:
        self.name = name
        self.tree, self.scopes = _parse(data, name)
        self.star_imports = [
            node.module or ""
            for node in self.scopes.parents
            if isinstance(node, ast.ImportFrom) and any(a.name == "*" for a in node.names)
        ]
        self._modules: set[ast.AST] = set()  # import aliases that bind the package
        self._functions: dict[ast.AST, str] = {}  # ... or one of its two functions
        self._imports()
        found = sorted(self._find_calls(), key=lambda call: (call.line, call.node.col_offset))
        self.calls: tuple[Call, ...] = tuple(found)

    def _imports(self) -> None:
        for node in self.scopes.parents:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name.split(".")[0] == "ansible_runner":
                        self._modules.add(alias)
            elif isinstance(node, ast.ImportFrom) and not node.level:
                for alias in node.names:
                    if node.module == "ansible_runner" and alias.name == "interface":
                        self._modules.add(alias)
                    elif (
                        node.module in ("ansible_runner", "ansible_runner.interface")
                        and alias.name in _CALLS
                    ):
                        self._functions[alias] = alias.name

    def compile(self) -> None:
        """Find what parsing lets through, such as a return outside of a function.

        Raises:
            HookBroken: there is something.
        """
        with _as_broken(self.name):
            compile(self.tree, self.name, "exec", dont_inherit=True)

    def binding(self, node: ast.Name) -> list[ast.AST]:
        """All nodes that give the name at ``node`` its value."""
        scope = self.scopes.resolve(node, node.id)
        return scope.bindings[node.id] if scope else []

    def _names(self) -> Iterator[ast.Name]:
        for node in self.scopes.scope_of:
            if isinstance(node, ast.Name):
                yield node

    def _find_calls(self) -> Iterator[Call]:
        for node in self._names():
            bound = self.binding(node)
            above = self.scopes.parents[node]
            if any(b in self._modules for b in bound):
                target = _attribute(node, self.scopes, "interface")
                above = self.scopes.parents[target]
                if isinstance(above, ast.Attribute) and above.attr in _CALLS:
                    call = self.scopes.parents[above]
                    if isinstance(call, ast.Call) and call.func is above:
                        yield Call(above.attr, call)
            elif isinstance(above, ast.Call) and above.func is node:
                for b in bound:
                    if b in self._functions:
                        yield Call(self._functions[b], above)
                        break

    def follow(self) -> None:
        """Refuse every way of reaching ansible_runner other than a plain call.

        Raises:
            HookUnproven: there is one.
        """
        for node in self.scopes.parents:
            self._refuse_opaque(node)
        called = {call.node.func for call in self.calls}
        for node in self._names():
            bound = self.binding(node)
            ours = [b for b in bound if b in self._modules or b in self._functions]
            if not ours:
                continue
            if len(ours) != len(bound):
                raise self._unproven(node, f"{node.id} is bound to something else, too")
            if node in called:
                continue
            target = _attribute(node, self.scopes, "interface")
            above = self.scopes.parents[target]
            plain = isinstance(above, ast.Attribute) and isinstance(above.ctx, ast.Load)
            if plain and (above in called or above.attr in _HARMLESS):  # type: ignore[attr-defined]
                continue
            raise self._unproven(
                node, f"{ast.unparse(above).splitlines()[0][:80]} is no plain call"
            )

    def _refuse_opaque(self, node: ast.AST) -> None:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self._refuse_import(node)
        elif isinstance(node, ast.Name) and node.id in _OPAQUE:
            if not self.binding(node):
                raise self._unproven(node, f"it uses {node.id}()")
        elif isinstance(node, ast.Attribute) and node.attr in _OPAQUE_ATTRIBUTES:
            raise self._unproven(node, f"it uses .{node.attr}")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node.value == "quiet" or re.fullmatch(r"ansible_runner(\.\w+)*", node.value):
                raise self._unproven(node, f"it uses {node.value!r} as a text")
        elif isinstance(node, ast.Call):
            self._refuse_call(node)

    def _refuse_call(self, node: ast.Call) -> None:
        func = node.func
        if isinstance(func, ast.Name) and func.id == "setattr":
            if len(node.args) != 3 or not isinstance(node.args[1], ast.Constant):
                raise self._unproven(node, "it sets an attribute whose name is computed")
        elif (isinstance(func, ast.Attribute) and func.attr == "__class__") or (
            isinstance(func, ast.Call)
            and isinstance(func.func, ast.Name)
            and func.func.id == "type"
        ):
            raise self._unproven(node, "it calls a class that it computes")

    def _refuse_import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            module = alias.name if isinstance(node, ast.Import) else node.module or ""
            top = module.split(".")[0]
            if top in _OPAQUE_MODULES:
                raise self._unproven(node, f"it imports {top}")
            if top == "ansible_runner" and isinstance(node, ast.ImportFrom):
                known = alias in self._functions or alias in self._modules
                if not known and alias.name not in _HARMLESS:
                    harmless = module.split(".")[1:2]
                    if not (harmless and harmless[0] in _HARMLESS):
                        raise self._unproven(node, f"it imports {alias.name} from {module}")

    def _unproven(self, node: ast.AST, reason: str) -> HookUnproven:
        return HookUnproven(self.name, getattr(node, "lineno", 0), reason)


def _attribute(node: ast.expr, scopes: Scopes, name: str) -> ast.expr:
    """``node``, or ``node.name`` when that is how it is used."""
    above = scopes.parents[node]
    if isinstance(above, ast.Attribute) and above.value is node and above.attr == name:
        return above
    return node


def _parse(data: bytes, name: str) -> tuple[ast.Module, Scopes]:
    if len(data) > MAX_BYTES:
        raise HookBroken(name, f"{len(data)} bytes are more than a hook can have")
    with _as_broken(name):
        tree = ast.parse(data, name, feature_version=OLDEST_PYTHON)
        return tree, Scopes(tree)


@contextmanager
def _as_broken(name: str) -> Iterator[None]:
    """What Python says of a hook that it cannot read, as HookBroken."""
    try:
        # catch_warnings is the process's, too
        with _PARSING, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # upstream's invalid escapes are not our subject
            yield
    except SyntaxError as error:
        raise HookBroken(name, f"{error.msg}", line=error.lineno) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise HookBroken(name, f"Python cannot read it: {error}") from error
