"""The proof about the patched hook, tried with everything that could get around it."""

from __future__ import annotations

import pytest
from tests.unit.patching.samples import HOOK, LOUD

from ksimage.errors import (
    HookBroken,
    HookStillQuiet,
    HookUnproven,
    HookWithoutVerbosity,
    UnsupportedRelease,
)
from ksimage.hook.proof.proof import prove_hook, require_supported

RUN = b"""\
    result = ansible_runner.run(
        playbook='result-info.yaml',
        verbosity=level,
        quiet=False
    )
"""
ASYNC = b"quiet=self.quiet"
CONSTRUCTED = b"quiet=False,\n        rotate=1"
assert RUN in LOUD
assert ASYNC in LOUD
assert CONSTRUCTED in LOUD


def prove(old: bytes, new: bytes, *, base: bytes = HOOK) -> None:
    assert old in LOUD
    prove_hook(LOUD.replace(old, new, 1), base=base)


def run(*arguments: str, before: str = "") -> bytes:
    """A replacement of the synchronous call, after some other statements."""
    head = "".join(f"    {line}\n" for line in before.splitlines())
    return f"{head}    result = ansible_runner.run({', '.join(arguments)})\n".encode()


def test_proof_of_a_good_hook() -> None:
    proofs = prove_hook(LOUD, base=HOOK)
    assert [proof.name for proof in proofs] == [
        "python",
        "configuration",
        "not quiet",
        "verbosity",
    ]
    assert proofs[2].detail == "2 of 2 ansible_runner calls (lines 26, 61)"


def test_the_pristine_hook_fails() -> None:
    with pytest.raises(HookStillQuiet, match="quiet=True, given in line 45"):
        prove_hook(HOOK, base=HOOK)


ACCEPTED = {
    "no quiet at all": (RUN, run("verbosity=level")),
    "quiet=None": (RUN, run("quiet=None", "verbosity=level")),
    "constant verbosity": (RUN, run("verbosity=2")),
    "call as verbosity": (RUN, run("verbosity=int(level)")),
    "local variable": (RUN, run("quiet=q", "verbosity=1", before="q = False")),
    "annotated variable": (RUN, run("quiet=q", "verbosity=1", before="q: bool = False")),
    "chain": (RUN, run("quiet=q", "verbosity=1", before="p = False\nq = p")),
    "attribute of itself": (
        b"self.quiet = quiet\n",
        b"self.quiet = quiet\n        self.quiet = self.quiet\n",
    ),
    "self-assignment": (RUN, run("quiet=q", "verbosity=1", before="q = False\nq = q")),
    "settings": (RUN, run("settings={'suppress_ansible_output': False}", "verbosity=1")),
    "other settings": (RUN, run("settings={'job_timeout': 9}", "verbosity=1")),
    "no settings": (RUN, run("settings=None", "verbosity=1")),
    "positional constructor": (
        b"        playbook='monitoring.yaml',\n        quiet=False,\n        rotate=1\n",
        b"        'monitoring.yaml', False, 1\n",
    ),
    "default of the constructor": (
        b"quiet,\n            rotate):",
        b"quiet=False,\n            rotate=1):",
    ),
    "default used": (
        b"playbook,\n            quiet,\n            rotate):",
        b"playbook,\n            rotate=1,\n            quiet=False):",
    ),
    "keyword-only": (b"            quiet,", b"            *,\n            quiet,"),
    "class attribute": (b"    def __init__(\n", b"    quiet = False\n\n    def __init__(\n"),
    "import as": (
        b"import ansible_runner\n",
        b"import ansible_runner\nimport ansible_runner as ar\n",
    ),
    "version": (RUN, b"    print(ansible_runner.__version__)\n" + RUN),
    "exceptions": (b"import os\n", b"import os\nfrom ansible_runner.exceptions import Error\n"),
    "super of another class": (b"Subject.__init__(self)", b"super().__init__()"),
    "handler": (
        RUN,
        run("verbosity=1", "status_handler=keep")
        + b"\n\ndef keep(status, runner_config=None):\n"
        b"    runner_config.suppress_ansible_output = False\n\n\ndef more():\n    result = None\n",
    ),
    "isinstance elsewhere": (b"    found = []\n", b"    found = []\n    isinstance(found, list)\n"),
    "setattr": (RUN, b"    setattr(os, 'x', 1)\n" + RUN),
    "lambda, comprehension, except, with": (
        RUN,
        RUN + b"    f = lambda a, *b, c=1, **d: (a, b, c, d)\n"
        b"    g = {k: [y for y in v if y] for k, v in {}.items()}\n"
        b"    try:\n        pass\n    except OSError as e:\n        print(e, f, g)\n"
        b"    with open(os.devnull) as h:\n        print(h, (w := 3), w)\n",
    ),
    "global in a function": (
        RUN,
        b"    global counter\n    counter = 1\n" + RUN + b"    print(counter)\n",
    ),
    "nonlocal": (
        RUN,
        RUN + b"    n = 0\n\n    def up():\n        nonlocal n\n        n += 1\n    up()\n",
    ),
    "decorator and async": (
        RUN,
        RUN + b"    import functools\n\n    @functools.lru_cache\n    def f(x: int) -> int:\n"
        b"        return x\n\n    async def g():\n        return f\n    print(f, g)\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ACCEPTED)
def test_accepted(case: str) -> None:
    prove(*ACCEPTED[case])


METHOD = (
    b"def installRunner(self):\n",
    b"def installRunner(self, quiet, *, other=False):\n"
    b"        ansible_runner.run(quiet=%b, verbosity=1)\n",
)
CALLED = b"    generateTaskLists().installRunner(%b)\n" + RUN


def prove_method(value: bytes, argument: bytes) -> None:
    changed = LOUD.replace(METHOD[0], METHOD[1] % value, 1).replace(RUN, CALLED % argument, 1)
    prove_hook(changed, base=HOOK)


def test_parameters_of_methods() -> None:
    prove_method(b"quiet", b"False")
    prove_method(b"other", b"False")
    prove_method(b"other", b"False, other=False")
    with pytest.raises(HookStillQuiet):
        prove_method(b"quiet", b"True")
    with pytest.raises(HookStillQuiet):
        prove_method(b"other", b"False, other=True")
    with pytest.raises(HookUnproven):
        prove_method(b"quiet", b"")


QUIET = {
    "constant": (RUN, run("quiet=True", "verbosity=1")),
    "truthy text": (RUN, run("quiet='no'", "verbosity=1")),
    "constructor": (CONSTRUCTED, CONSTRUCTED.replace(b"False", b"True")),
    "constructor by position": (
        b"        playbook='monitoring.yaml',\n        quiet=False,\n        rotate=1\n",
        b"        'monitoring.yaml', True, 1\n",
    ),
    "second constructor call": (
        RUN,
        b"    component(playbook='x', quiet=True, rotate=1).installRunner()\n" + RUN,
    ),
    "attribute set later": (RUN, b"    task = generateTaskLists()\n    task.quiet = True\n" + RUN),
    "attribute set in a method": (
        b"    def installRunner(self):\n",
        b"    def installRunner(self):\n        self.quiet = True\n",
    ),
    "class attribute": (b"    def __init__(\n", b"    quiet = True\n\n    def __init__(\n"),
    "variable": (RUN, run("quiet=q", "verbosity=1", before="q = True")),
    "one of two assignments": (RUN, run("quiet=q", "verbosity=1", before="q = False\nq = True")),
    "global": (
        RUN,
        b"    global level\n    level = True\n" + run("quiet=level", "verbosity=1"),
    ),
    "walrus": (RUN, run("quiet=q", "verbosity=1", before="print(q := True)")),
    "parameter default": (
        b"def resultInfo():\n" + RUN,
        b"def resultInfo(q=True):\n"
        + run("quiet=q", "verbosity=1")
        + b"    resultInfo()\n",
    ),
    "suppress_ansible_output": (RUN, run("suppress_ansible_output=True", "verbosity=1")),
    "settings": (RUN, run("settings={'suppress_ansible_output': True}", "verbosity=1")),
    "handler": (
        RUN,
        RUN + b"\n\ndef hide(status, runner_config):\n"
        b"    runner_config.suppress_ansible_output = True\n\n\ndef more():\n    result = None\n",
    ),
    "module alias": (
        RUN,
        b"    import ansible_runner as ar\n    ar.run(quiet=True, verbosity=1)\n" + RUN,
    ),
    "function alias": (
        RUN,
        b"    from ansible_runner import run as go\n    go(quiet=True, verbosity=1)\n" + RUN,
    ),
    "interface": (
        RUN,
        b"    ansible_runner.interface.run_async(quiet=True, verbosity=1)\n" + RUN,
    ),
    "interface alias": (
        RUN,
        b"    from ansible_runner import interface as i\n    i.run(quiet=True)\n" + RUN,
    ),
    "interface function": (
        RUN,
        b"    from ansible_runner.interface import run\n    run(quiet=True, verbosity=1)\n" + RUN,
    ),
    "partial": (RUN, b"    os.partial(print, quiet=True)\n" + RUN),
}  # fmt: skip


@pytest.mark.parametrize("case", QUIET)
def test_still_quiet(case: str) -> None:
    with pytest.raises(HookStillQuiet) as caught:
        prove(*QUIET[case])
    assert caught.value.exit_code == 5
    assert caught.value.hook_line


UNPROVEN = {
    "computed": (RUN, run("quiet=not level", "verbosity=1")),
    "environment": (RUN, run("quiet=os.environ.get('Q')", "verbosity=1")),
    "property": (
        b"    def installRunner(self):\n",
        b"    @property\n    def quiet(self):\n        return level\n\n"
        b"    def installRunner(self):\n",
    ),
    "inherited": (b"class component():", b"class component(os.Quiet):"),
    "intercepted": (
        b"    def installRunner(self):\n",
        b"    def __getattribute__(self, name):\n        return level\n\n"
        b"    def installRunner(self):\n",
    ),
    "set behind its back": (RUN, b"    object.__setattr__(os, os.x, level)\n" + RUN),
    "attribute of an attribute": (ASYNC, b"quiet=self.x.quiet"),
    "attribute of itself only": (b"self.quiet = quiet", b"self.quiet = self.quiet or level"),
    "undefined, behind a star import": (
        b"import os\n",
        b"import os\nfrom os import *\nansible_runner.run(verbosity=1, quiet=hidden)\n",
    ),
    "unknown attribute": (RUN, run("quiet=os.quiet", "verbosity=1")),
    "augmented": (RUN, run("quiet=q", "verbosity=1", before="q = False\nq |= level")),
    "loop variable": (RUN, run("quiet=q", "verbosity=1", before="for q in [True]: pass")),
    "unpacked": (RUN, run("quiet=q", "verbosity=1", before="q, r = True, False")),
    "imported": (RUN, run("quiet=q", "verbosity=1", before="from os import q")),
    "parameter of an uncalled function": (
        b"def resultInfo():\n" + RUN,
        b"def resultInfo(q):\n" + run("quiet=q", "verbosity=1"),
    ),
    "parameter of a thread's target": (
        b"def resultInfo():\n" + RUN,
        b"def resultInfo(q):\n" + run("quiet=q", "verbosity=1") + b"    print(resultInfo)\n",
    ),
    "**kwargs": (RUN, run("**{'verbosity': 1}")),
    "kwargs of a wrapper": (
        RUN,
        b"    def go(**kw):\n        ansible_runner.run(verbosity=1, quiet=kw)\n    go()\n" + RUN,
    ),
    "positional arguments": (RUN, run("os", "verbosity=1")),
    "config object": (RUN, run("config=os", "verbosity=1")),
    "settings from a variable": (RUN, run("settings=os", "verbosity=1")),
    "settings from **": (RUN, run("settings={**os.environ}", "verbosity=1")),
    "getattr": (RUN, b"    getattr(ansible_runner, 'run')()\n" + RUN),
    "passed on": (RUN, b"    print(ansible_runner)\n" + RUN),
    "function passed on": (RUN, b"    print(ansible_runner.run)\n" + RUN),
    "alias passed on": (RUN, b"    from ansible_runner import run\n    print(run)\n" + RUN),
    "stored": (RUN, b"    r = ansible_runner\n    r.run(quiet=level)\n" + RUN),
    "replaced": (RUN, b"    ansible_runner.run = print\n" + RUN),
    "rebound": (b"import ansible_runner\n", b"import ansible_runner\nansible_runner = os\n"),
    "other entry": (RUN, b"    ansible_runner.run_command('ansible-playbook')\n" + RUN),
    "runner class": (RUN, b"    ansible_runner.Runner(os)\n" + RUN),
    "runner class imported": (RUN, b"    from ansible_runner import Runner\n" + RUN),
    "star": (b"import os\n", b"import os\nfrom ansible_runner import *\n"),
    "submodule": (RUN, b"    import ansible_runner.runner as r\n    r.Runner(os)\n" + RUN),
    "__import__": (RUN, b"    __import__('x')\n" + RUN),
    "importlib": (b"import os\n", b"import os\nimport importlib\n"),
    "from importlib": (b"import os\n", b"import os\nfrom importlib import import_module\n"),
    "runpy": (b"import os\n", b"import os\nimport runpy\n"),
    "exec": (RUN, b"    exec('1')\n" + RUN),
    "eval": (RUN, b"    eval('1')\n" + RUN),
    "globals": (RUN, b"    globals()['x'] = 1\n" + RUN),
    "sys.modules": (RUN, b"    import sys\n    sys.modules.get('x')\n" + RUN),
    "__dict__": (RUN, b"    os.__dict__.update(x=1)\n" + RUN),
    "name as text": (RUN, b"    x = 'ansible_runner'\n" + RUN),
    "quiet as text": (RUN, b"    setattr(generateTaskLists(), 'quiet', level)\n" + RUN),
    "computed setattr": (RUN, b"    setattr(os, 'qu' + 'iet', 1)\n" + RUN),
    "computed class": (RUN, b"    type(generateTaskLists())('x', level, 1)\n" + RUN),
    "__class__": (RUN, b"    os.__class__('x', level, 1)\n" + RUN),
    "subclass": (RUN, b"    class loud(component):\n        pass\n" + RUN),
    "class passed on": (RUN, b"    print(component)\n" + RUN),
    "class decorated": (b"class component():", b"@print\nclass component():"),
    "class bound twice": (b"class Subject(", b"def component():\n    pass\n\n\nclass Subject("),
    "init called again": (RUN, b"    generateTaskLists().__init__('x', level, 1)\n" + RUN),
    "init decorated": (b"    def __init__(\n", b"    @print\n    def __init__(\n"),
    "method decorated": (
        b"    def installRunner(self):\n",
        b"    @print\n    def installRunner(self):\n",
    ),
    "self rebound": (
        b"    def installRunner(self):\n",
        b"    def installRunner(self):\n        self = os\n",
    ),
    "constructor with **": (CONSTRUCTED, b"**{}"),
    "constructor with *": (
        b"        playbook='monitoring.yaml',\n        quiet=False,\n        rotate=1\n",
        b"        *os\n",
    ),
    "constructor without quiet": (CONSTRUCTED, b"rotate=1"),
    "attribute never set": (b"        self.quiet = quiet\n", b""),
    "suppress attribute": (RUN, b"    os.suppress_ansible_output = os.x\n" + RUN),
    "call removed": (RUN, b"    result = os\n"),
    "async": (
        b"def resultInfo():\n" + RUN,
        b"async def resultInfo(q):\n" + run("quiet=q", "verbosity=1"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", UNPROVEN)
def test_what_cannot_be_followed_is_refused(case: str) -> None:
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
    "too deep": (b"import os\n", b"import os\nx = " + b"+".join([b"1"] * 400) + b"\n", "deep"),
    "far too deep": (b"import os\n", b"import os\nx = " + b"-" * 60000 + b"1\n", ""),
    "too large": (b"import os\n", b"import os\n" + b"#" * (2 << 20), "more than a hook"),
    "undefined name": (b"verbosity=level", b"verbosity=lvl", "nothing defines 'lvl'"),
    "name of a class body": (
        b"verbosity=level",
        b"verbosity=inner",
        "nothing defines 'inner'",
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
    assert prove_hook(good.replace(b"exit()", b"V1Pod()"), base=base)


def test_names_that_the_base_lacks_too_are_not_the_patches_fault() -> None:
    base, good = HOOK.replace(b"exit()", b"leave()"), LOUD.replace(b"exit()", b"leave()")
    assert prove_hook(good, base=base)


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
        lambda: require_supported(data, name="v9"),
        lambda: prove_hook(LOUD, base=data, name="v9"),
    ):
        with pytest.raises(UnsupportedRelease) as caught:
            attempt()
        assert reason in caught.value.why
        assert "v9" in caught.value.message


def test_a_supported_hook() -> None:
    require_supported(HOOK)
