"""The proof about the patched hook, tried with what a patch gets wrong."""

from __future__ import annotations

import re
from functools import partial

import pytest
from tests.unit.patching.samples import HOOK, LOUD

from ksimage.errors import (
    HookBroken,
    HookStillQuiet,
    HookUnproven,
    HookWithoutVerbosity,
    UnsupportedRelease,
)
from ksimage.hook.proof import prove_hook, require_supported

RUN = b"""\
    result = ansible_runner.run(
        playbook='result-info.yaml',
        verbosity=level,
        quiet=False
    )
"""
LITERAL = b"quiet=False,\n            rotate_artifacts"
CONSTRUCTED = b"quiet=False,\n        rotate=1"
assert RUN in LOUD
assert CONSTRUCTED in LOUD


def prove(old: bytes, new: bytes, *, base: bytes = HOOK) -> None:
    assert old in LOUD
    prove_hook(LOUD.replace(old, new, 1), base=base)


def run(*arguments: str, before: str = "") -> bytes:
    """A replacement of the synchronous call, after some other statements."""
    head = "".join(f"    {line}\n" for line in before.splitlines())
    return f"{head}    result = ansible_runner.run({', '.join(arguments)})\n".encode()


def test_proof_of_a_good_hook() -> None:
    prove_hook(LOUD, base=HOOK)


def test_the_pristine_hook_fails() -> None:
    with pytest.raises(HookStillQuiet, match=r":45: .*quiet=True"):
        prove_hook(HOOK, base=HOOK)


ACCEPTED = {
    "no quiet at all": (RUN, run("verbosity=level")),
    "quiet=None": (RUN, run("quiet=None", "verbosity=level")),
    "constant verbosity": (RUN, run("verbosity=2")),
    "call as verbosity": (RUN, run("verbosity=int(level)")),
    "suppress_ansible_output": (RUN, run("suppress_ansible_output=False", "verbosity=1")),
    "version": (RUN, b"    print(ansible_runner.__version__)\n" + RUN),
    "exceptions": (b"import os\n", b"import os\nfrom ansible_runner.exceptions import Error\n"),
    "handler": (
        RUN,
        run("verbosity=1", "status_handler=keep")
        + b"\n\ndef keep(status, runner_config=None):\n"
        b"    runner_config.suppress_ansible_output = False\n\n\ndef more():\n    result = None\n",
    ),
    "lambda, comprehension, except, with": (
        RUN,
        RUN + b"    f = lambda a, *b, c=1, **d: (a, b, c, d)\n"
        b"    g = {k: [y for y in v if y] for k, v in {}.items()}\n"
        b"    try:\n        pass\n    except OSError as e:\n        print(e, f, g)\n"
        b"    with open(os.devnull) as h:\n        print(h, (w := 3), w)\n",
    ),
    "names of the interpreter": (b"import os\n", b"import os\nprint(__file__, __name__, exit)\n"),
}  # fmt: skip


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(case: str) -> None:
    prove(*ACCEPTED[case])


QUIET = {
    "constant": (RUN, run("quiet=True", "verbosity=1")),
    "truthy text": (RUN, run("quiet='no'", "verbosity=1")),
    "constructor": (CONSTRUCTED, CONSTRUCTED.replace(b"False", b"True")),
    "suppress_ansible_output": (RUN, run("suppress_ansible_output=True", "verbosity=1")),
    "handler": (
        RUN,
        RUN + b"\n\ndef hide(status, runner_config):\n"
        b"    runner_config.suppress_ansible_output = True\n\n\ndef more():\n    result = None\n",
    ),
    "partial": (RUN, b"    os.partial(print, quiet=True)\n" + RUN),
}  # fmt: skip


@pytest.mark.parametrize("case", QUIET)
def test_still_quiet(case: str) -> None:
    with pytest.raises(HookStillQuiet) as caught:
        prove(*QUIET[case])
    assert caught.value.exit_code == 5
    assert re.match(r"installRunner\.py:[1-9][0-9]*: ", caught.value.message)


UNPROVEN = {
    "upstream's own attribute": (LITERAL, LITERAL.replace(b"False", b"self.quiet")),
    "a constant variable": (RUN, run("quiet=q", "verbosity=1", before="q = False")),
    "computed": (RUN, run("quiet=not level", "verbosity=1")),
    "settings": (RUN, run("settings={'suppress_ansible_output': False}", "verbosity=1")),
    "other settings": (RUN, run("settings=os", "verbosity=1")),
    "config object": (RUN, run("config=os", "verbosity=1")),
    "**kwargs": (RUN, run("**{'verbosity': 1}")),
    "positional arguments": (RUN, run("os", "verbosity=1")),
    "module alias": (RUN, b"    import ansible_runner as ar\n    ar.run(verbosity=1)\n" + RUN),
    "function alias": (
        RUN,
        b"    from ansible_runner import run as go\n    go(quiet=level, verbosity=1)\n" + RUN,
    ),
    "interface": (RUN, b"    ansible_runner.interface.run(verbosity=1)\n" + RUN),
    "interface alias": (RUN, b"    from ansible_runner import interface as i\n    i.run()\n" + RUN),
    "getattr": (RUN, b"    getattr(ansible_runner, 'run')()\n" + RUN),
    "passed on": (RUN, b"    print(ansible_runner)\n" + RUN),
    "function passed on": (RUN, b"    print(ansible_runner.run)\n" + RUN),
    "stored": (RUN, b"    r = ansible_runner\n    r.run(quiet=level)\n" + RUN),
    "replaced": (RUN, b"    ansible_runner.run = print\n" + RUN),
    "rebound": (b"import ansible_runner\n", b"import ansible_runner\nansible_runner = os\n"),
    "rebound by an import": (b"import os\n", b"import os\nimport os as ansible_runner\n"),
    "a parameter": (RUN, b"    print(lambda ansible_runner: 1)\n" + RUN),
    "other entry": (RUN, b"    ansible_runner.run_command('ansible-playbook')\n" + RUN),
    "runner class": (RUN, b"    ansible_runner.Runner(os)\n" + RUN),
    "runner class imported": (RUN, b"    from ansible_runner import Runner\n" + RUN),
    "star": (b"import os\n", b"import os\nfrom ansible_runner import *\n"),
    "submodule": (RUN, b"    import ansible_runner.runner as r\n    r.Runner(os)\n" + RUN),
    "name as text": (RUN, b"    __import__('ansible_runner').run()\n" + RUN),
    "quiet as text": (RUN, b"    setattr(generateTaskLists(), 'quiet', level)\n" + RUN),
    "suppress attribute": (RUN, b"    os.suppress_ansible_output = os.x\n" + RUN),
    "annotated attribute": (RUN, b"    os.suppress_ansible_output: bool\n" + RUN),
    "call removed": (RUN, b"    result = os\n"),
}  # fmt: skip


@pytest.mark.parametrize("case", UNPROVEN)
def test_what_is_not_written_out_is_refused(case: str) -> None:
    with pytest.raises(HookUnproven):
        prove(*UNPROVEN[case])


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (run("quiet=False"), "no verbosity= argument"),
        (run("verbosity='3'"), "no number"),
        (run("verbosity=None"), "no number"),
        (run("verbosity=True"), "no number"),
    ],
)
def test_without_verbosity(new: bytes, reason: str) -> None:
    with pytest.raises(HookWithoutVerbosity, match=reason):
        prove(RUN, new)


BROKEN = {
    "syntax": (RUN, b"    result = (\n", "was never closed"),
    "return at module level": (b"import os\n", b"import os\nreturn\n", "outside function"),
    "newer Python": (b"import os\n", b"import os\nmatch os:\n    case 1:\n        pass\n", "3.10"),
    "null byte": (b"import os\n", b"import os\n\x00\n", "null bytes"),
    "unknown encoding": (b"# encoding: utf-8", b"# encoding: utf-9", "encoding"),
    "far too deep": (b"import os\n", b"import os\nx = " + b"-" * 60000 + b"1\n", ""),
    "too large": (b"import os\n", b"import os\n" + b"#" * (2 << 20), "more than a hook"),
    "undefined name": (b"verbosity=level", b"verbosity=lvl", "nothing defines 'lvl'"),
    "used before it is bound": (
        b"verbosity=level,\n        quiet",
        b"verbosity=[level for _ in [1] if [level := 1]] and lvl,\n        quiet",
        "nothing defines 'lvl'",
    ),
    "first line": (b"#!/usr/bin/env python3\n", b"#!/usr/bin/env python3.6\n", "first line"),
    "line endings": (b"import os\n", b"import os\r\n", "line endings"),
    "answer to --config": (b'"onKubernetesEvent": []', b'"onKubernetesEvent": [1]', "--config"),
    "second answer": (b"class Subject", b"ks_hook = ''\n\n\nclass Subject", "--config"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken(case: str) -> None:
    old, new, reason = BROKEN[case]
    with pytest.raises(HookBroken) as caught:
        prove(old, new)
    assert reason in caught.value.message


def test_star_import_of_something_else_switches_the_check_of_names_off() -> None:
    base = HOOK.replace(b"import os\n", b"import os\nfrom kubernetes.client import *\n")
    good = LOUD.replace(b"import os\n", b"import os\nfrom kubernetes.client import *\n")
    prove_hook(good.replace(b"exit()", b"V1Pod()"), base=base)


def test_names_that_the_base_lacks_too_are_not_the_patches_fault() -> None:
    base, good = HOOK.replace(b"exit()", b"leave()"), LOUD.replace(b"exit()", b"leave()")
    prove_hook(good, base=base)


# --- which hooks can be patched at all ------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (HOOK.replace(b"python3", b"python"), "Python 2"),
        (HOOK.replace(b"python3", b"python2.7 -u"), "Python 2"),
        (b"#!/usr/bin/env python3\nprint 'x'\n", "no Python 3"),
        (b"#!/usr/bin/env python3\nfrom lib import *\nmain()\n", "rewrote"),
        (b"#!/usr/bin/env python3\nprint('hello')\n", "makes no ansible_runner call"),
        (b"#!/bin/sh\nexit 0\n", "no Python 3"),
        (b"", "makes no ansible_runner call"),
    ],
)
def test_unsupported_hooks_are_refused_with_the_reason(data: bytes, reason: str) -> None:
    for attempt in (
        partial(require_supported, data, name="v9"),
        partial(prove_hook, LOUD, base=data, name="v9"),
    ):
        with pytest.raises(UnsupportedRelease) as caught:
            attempt()
        assert reason in caught.value.why
        assert "v9" in caught.value.message


def test_a_supported_hook() -> None:
    require_supported(HOOK)
