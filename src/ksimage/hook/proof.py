"""Prove, by reading the patched hook and without running it, that it does what the image promises.

A patch that applies is not a proof: the patch for 2.1 applies to most hooks of 3.x and changes two
of four places. So the hook has to say it literally: each call is ``ansible_runner.run(...)`` or
``run_async(...)``, its ``quiet`` is False or left out, its ``verbosity`` is there. Values are not
followed: what is not written out is refused (HookUnproven). That guards against mistakes, not
against an author who wants to deceive: whoever writes a patch runs code in the cluster anyway.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import re
import symtable
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from ksimage.errors import (
    HookBroken,
    HookStillQuiet,
    HookUnproven,
    HookWithoutVerbosity,
    UnsupportedRelease,
)
from ksimage.hook.syntax import as_broken, parse
from ksimage.upstream import releases

if TYPE_CHECKING:
    from ksimage.hook.syntax import Nodes

HOOK: Final = "installRunner.py"
RUNNER: Final = "ansible_runner"

_CALLS = ("run", "run_async")
# Parts of the package through which no playbook can be started.
_HARMLESS = {"__version__", "defaults", "exceptions", "output"}
# Arguments that hide a playbook's output; the last two are ansible-runner's own words for quiet.
_SUPPRESSING = ("quiet", "suppress_ansible_output", "suppress_output_file")
_WORDS = {RUNNER, *_SUPPRESSING}
# Arguments that win over quiet (ansible-runner 1.4.6 and later).
_OVERRULING = ("config", "settings")
# Put into every module, or into builtins, by the interpreter or its site module.
_IMPLICIT = {"exit", "quit", "copyright", "credits", "license", "__file__", "__name__", "__doc__"}


def require_supported(data: bytes, *, name: str = "this hook") -> None:
    """Recognise hooks that the patches are not for, so that the reason can be given.

    Args:
        data: the pristine hook.
        name: the release or image, for the message.

    Raises:
        UnsupportedRelease: a Python 2 hook (2.1), an early alpha, the rewritten installer, or
            something that is no hook of ks-installer.
    """
    for release in releases.by_hook(hashlib.sha256(data).hexdigest()):
        if not release.supported:
            raise UnsupportedRelease(name, release.reason)
    shebang = data.split(b"\n", 1)[0]
    if re.fullmatch(rb"#!.*\bpython(2(\.\d+)?)?(\s.*)?", shebang):
        raise UnsupportedRelease(name, releases.PYTHON2)
    try:
        nodes = parse(data, HOOK)
    except HookBroken as error:
        raise UnsupportedRelease(name, f"its hook is no Python 3: {error.message}") from error
    if not _calls(nodes):
        rewritten = any(n.module == "lib" and not n.col_offset for n in nodes[ast.ImportFrom])
        reason = releases.REWRITTEN if rewritten else "its hook makes no ansible_runner call"
        raise UnsupportedRelease(name, reason)


@lru_cache(maxsize=64)
def prove_hook(data: bytes, *, base: bytes, name: str = HOOK) -> None:
    """Check the patched hook; once for all platforms, and for the plan and the finished image.

    Args:
        data: the patched hook.
        base: the hook it was made from.
        name: for messages.

    Raises:
        UnsupportedRelease: the base is no hook that can be patched.
        HookBroken: the result does not parse, or would not start.
        HookStillQuiet: something is quiet.
        HookWithoutVerbosity: a call passes no verbosity.
        HookUnproven: it is not written out.
    """
    require_supported(base, name=name)
    original, patched = parse(base, name), parse(data, name)
    _same_frame(data, base, name)
    if _answer(patched) != _answer(original):
        raise HookBroken(name, "ks_hook, the answer to --config, is not the base's any more")
    missing = _undefined(data, patched, name)
    known = _undefined(base, original, name) if missing else {}
    for word, line in missing.items():
        if word not in known:
            raise HookBroken(name, f"nothing defines {word!r}", line=line)
    calls = _calls(patched)
    _require_loud(patched, name)
    _require_plain(patched, {id(call.func) for call in calls}, name)
    before = len(_calls(original))
    if len(calls) < before:
        reason = f"it has {len(calls)} ansible_runner calls and the base {before}"
        raise HookUnproven(name, 0, reason)
    for call in calls:
        _require_arguments(call, name)


def _same_frame(data: bytes, base: bytes, name: str) -> None:
    """What makes it start as the base does."""
    if data.split(b"\n", 1)[0] != base.split(b"\n", 1)[0]:
        raise HookBroken(name, "its first line (#!) is not the base's", line=1)
    if data.count(b"\r") != base.count(b"\r"):
        raise HookBroken(name, "it has other line endings than the base")


def _answer(nodes: Nodes) -> list[str]:
    """All values given to ``ks_hook``, which the hook prints for --config."""
    return [
        ast.dump(node)
        for node in nodes[ast.Assign]
        if any(isinstance(n, ast.Name) and n.id == "ks_hook" for n in node.targets)
    ]


def _undefined(data: bytes, nodes: Nodes, name: str) -> dict[str, int]:
    """Names that are read but that nothing binds, with the line of the first use.

    Empty where the hook has a star import, which may bind anything. Python's own table of symbols
    tells; pyflakes finds the same in five times the time, which is a fifth of a second run.
    """
    if any(node.names[0].name == "*" for node in nodes[ast.ImportFrom]):
        return {}
    with as_broken(name):
        top = symtable.symtable(data, name, "exec")  # type: ignore[arg-type] # bytes will do
    bound: set[str] = set(_IMPLICIT) | set(dir(builtins))
    used: set[str] = set()
    tables = [top]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            gives = symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
            if gives and (table is top or symbol.is_declared_global()):
                bound.add(symbol.get_name())
            if symbol.is_referenced() and (table is top or symbol.is_global()):
                used.add(symbol.get_name())
    used -= bound
    lines: dict[str, int] = {}
    for node in nodes[ast.Name]:
        if node.id in used:
            lines[node.id] = min(node.lineno, lines.get(node.id, node.lineno))
    return dict(sorted(lines.items(), key=lambda item: item[1]))


def _calls(nodes: Nodes) -> list[ast.Call]:
    """The calls that start a playbook, in the order of the text."""
    found = [
        node
        for node in nodes[ast.Call]
        if isinstance(node.func, ast.Attribute)
        and node.func.attr in _CALLS
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == RUNNER
    ]
    return sorted(found, key=lambda call: (call.lineno, call.col_offset))


def _require_loud(nodes: Nodes, name: str) -> None:
    """Nothing at all is told to be quiet, be it a call of ansible_runner or not."""
    for word in nodes[ast.keyword]:
        if word.arg in _SUPPRESSING and isinstance(word.value, ast.Constant) and word.value.value:
            reason = f"{word.arg}={word.value.value!r}"
            raise HookStillQuiet(name, word.value.lineno, reason)
    settings: list[ast.Assign | ast.AnnAssign] = [*nodes[ast.Assign], *nodes[ast.AnnAssign]]
    for node in settings:
        for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
            if isinstance(target, ast.Attribute) and target.attr in _SUPPRESSING[1:]:
                _require_false(target.attr, node.value, node.lineno, name)


def _require_plain(nodes: Nodes, called: set[int], name: str) -> None:
    """ansible_runner is reached by its own name and in calls only.

    Args:
        called: ids of the nodes ``ansible_runner.run`` that are called.
    """
    used = {id(node.value): node for node in nodes[ast.Attribute]}
    for node in nodes[ast.Name]:
        if node.id == RUNNER:
            above = used.get(id(node))
            if above is None or not (id(above) in called or above.attr in _HARMLESS):
                what = ast.unparse(above or node)
                raise HookUnproven(name, node.lineno, f"{what} is no plain call")
    imports: list[ast.Import | ast.ImportFrom] = [*nodes[ast.Import], *nodes[ast.ImportFrom]]
    for statement in imports:
        _refuse_alias(statement, name)
    for parameter in nodes[ast.arg]:
        if parameter.arg == RUNNER:
            raise HookUnproven(name, parameter.lineno, f"{RUNNER} is bound to something else, too")
    for text in nodes[ast.Constant]:
        if text.value in _WORDS:
            raise HookUnproven(name, text.lineno, f"it uses {text.value!r} as a text")


def _refuse_alias(node: ast.Import | ast.ImportFrom, name: str) -> None:
    for alias in node.names:
        module = alias.name if isinstance(node, ast.Import) else node.module or ""
        package, _, part = module.partition(".")
        plain = isinstance(node, ast.Import) and alias.name == RUNNER and not alias.asname
        other = RUNNER not in (package, alias.asname)
        harmless = isinstance(node, ast.ImportFrom) and part.partition(".")[0] in _HARMLESS
        if not (plain or other or harmless):
            raise HookUnproven(name, node.lineno, f"{ast.unparse(node)}: not by its own name")


def _require_arguments(call: ast.Call, name: str) -> None:
    line = call.lineno
    if call.args:
        raise HookUnproven(name, line, "a call with positional arguments")
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    if None in given:
        raise HookUnproven(name, line, "** may hide arguments of the call")
    for word in _OVERRULING:
        if word in given:
            raise HookUnproven(name, line, f"{word}= may hide the output of the call")
    for word in _SUPPRESSING:
        if word in given:
            _require_false(word, given[word], line, name)
    if "verbosity" not in given:
        raise HookWithoutVerbosity(name, line, "it has no verbosity= argument")
    value = given["verbosity"]
    if isinstance(value, ast.Constant) and (type(value.value) is not int or value.value < 0):
        # ansible-runner computes 'v' * verbosity: a text is a TypeError at run time.
        raise HookWithoutVerbosity(name, line, f"verbosity={value.value!r} is no number")


def _require_false(word: str, value: ast.expr | None, line: int, name: str) -> None:
    """``value`` is a literal that is false. Raises HookStillQuiet, HookUnproven."""
    if value is None or not isinstance(value, ast.Constant):
        text = ast.unparse(value).splitlines()[0][:80] if value else "nothing"
        raise HookUnproven(name, line, f"{word}={text} is not literally False")
    if value.value:
        raise HookStillQuiet(name, line, f"{word}={value.value!r}")
