"""Prove, by reading the patched hook and without running it, that it does what the image promises.

A patch that applies is not a proof: the patch for 2.1 applies to most hooks of 3.x and changes two
of four places. So the syntax tree of the result is searched for calls of ansible_runner, and each
one has to be seen to be loud and to pass a verbosity. What the check cannot follow it refuses
(HookUnproven). It guards against mistakes, not against an author who wants to deceive: whoever
writes a patch runs code in the cluster anyway.
"""

from __future__ import annotations

import ast
import hashlib
import re
from functools import lru_cache
from typing import NamedTuple

from ksimage.errors import (
    HookBroken,
    HookUnproven,
    HookWithoutVerbosity,
    UnsupportedRelease,
)
from ksimage.hook.proof.calls import OLDEST_PYTHON, Call, Source
from ksimage.hook.proof.quiet import Loudness
from ksimage.hook.proof.scopes import undefined
from ksimage.upstream import releases

HOOK = "installRunner.py"


class Proof(NamedTuple):
    """One statement about the patched hook that was checked and holds."""

    name: str
    detail: str


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
        source = _source(data, HOOK)
    except HookBroken as error:
        raise UnsupportedRelease(name, f"its hook is no Python 3: {error.message}") from error
    if not source.calls:
        rewritten = any(module == "lib" for module in source.star_imports)
        reason = releases.REWRITTEN if rewritten else "its hook makes no ansible_runner call"
        raise UnsupportedRelease(name, reason)


@lru_cache(maxsize=64)
def prove_hook(data: bytes, *, base: bytes, name: str = HOOK) -> tuple[Proof, ...]:
    """Check the patched hook; once for all platforms, and for the plan and the finished image.

    Args:
        data: the patched hook.
        base: the hook it was made from.
        name: for messages.

    Returns:
        What was proven, in the order of checking.

    Raises:
        UnsupportedRelease: the base is no hook that can be patched.
        HookBroken: the result does not parse, or would not start.
        HookStillQuiet: a call is or may be quiet.
        HookWithoutVerbosity: a call passes no verbosity.
        HookUnproven: the check cannot follow the code.
    """
    require_supported(base, name=name)
    original = _source(base, name)
    patched = _source(data, name)
    patched.compile()
    _same_frame(data, base, patched, original)
    if not patched.star_imports:
        missing = undefined(patched.scopes)
        known = undefined(original.scopes) if missing else {}
        for word, line in sorted(missing.items()):
            if word not in known:
                raise HookBroken(name, f"nothing defines {word!r}", line=line)
    patched.follow()
    total = len(patched.calls)
    if total < len(original.calls):
        reason = f"it has {total} ansible_runner calls and the base {len(original.calls)}"
        raise HookUnproven(name, 0, reason)
    loudness = Loudness(patched.scopes, name)
    for call in patched.calls:
        _check_arguments(call, name)
        loudness.require(call.node)
        _check_verbosity(call, name)
    loudness.require_elsewhere()
    lines = ", ".join(str(call.line) for call in patched.calls)
    version = ".".join(str(part) for part in OLDEST_PYTHON)
    return (
        Proof("python", f"parses as Python {version}, and every name that it uses is defined"),
        Proof("configuration", "the answer to --config is the base's"),
        Proof("not quiet", f"{total} of {total} ansible_runner calls (lines {lines})"),
        Proof("verbosity", f"{total} of {total} ansible_runner calls pass it"),
    )


@lru_cache(maxsize=2)
def _source(data: bytes, name: str) -> Source:
    # A tree has megabytes: only the one at hand is kept, which is parsed to be judged and proven.
    return Source(data, name)


def _same_frame(data: bytes, base: bytes, patched: Source, original: Source) -> None:
    """What makes it start and register as the base does."""
    if data.split(b"\n", 1)[0] != base.split(b"\n", 1)[0]:
        raise HookBroken(patched.name, "its first line (#!) is not the base's", line=1)
    if data.count(b"\r") != base.count(b"\r"):
        raise HookBroken(patched.name, "it has other line endings than the base")
    if _answer(patched) != _answer(original):
        raise HookBroken(
            patched.name, "ks_hook, the answer to --config, is not the base's any more"
        )


def _answer(source: Source) -> list[str]:
    """All values given to ``ks_hook``, which the hook prints for --config."""
    return [
        ast.dump(source.scopes.parents[node])
        for node in source.scopes.module.bindings.get("ks_hook", [])
    ]


def _check_arguments(call: Call, name: str) -> None:
    if call.node.args:
        raise HookUnproven(name, call.line, "a call with positional arguments")
    for keyword in call.node.keywords:
        if keyword.arg is None:
            raise HookUnproven(name, call.line, "** may hide arguments of the call")
        if keyword.arg == "config":
            raise HookUnproven(name, call.line, "a config object may hide arguments of the call")


def _check_verbosity(call: Call, name: str) -> None:
    for keyword in call.node.keywords:
        if keyword.arg == "verbosity":
            value = keyword.value
            if isinstance(value, ast.Constant) and (
                type(value.value) is not int or value.value < 0
            ):
                # ansible-runner computes 'v' * verbosity: a text is a TypeError at run time.
                reason = f"verbosity={value.value!r} is no number"
                raise HookWithoutVerbosity(name, call.line, reason)
            return
    raise HookWithoutVerbosity(name, call.line, "it has no verbosity= argument")
