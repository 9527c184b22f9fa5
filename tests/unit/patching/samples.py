"""Small hooks and patches, and a short way to make patch files."""

from __future__ import annotations

from ksimage.patching import unified
from ksimage.patching.model import Patch
from ksimage.upstream.releases import HOOK_PATH

HEAD = f"--- a/{HOOK_PATH}\n+++ b/{HOOK_PATH}\n".encode()


def patch_bytes(*hunks: str, head: bytes = HEAD, header: str = "") -> bytes:
    """A patch file out of hunks written with their ``@@`` line."""
    return header.encode() + head + "".join(hunks).encode()


def patch(*hunks: str, name: str = "sample") -> Patch:
    return unified.parse(patch_bytes(*hunks), name)


def text(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


# The shapes of upstream's calls: an asynchronous one whose quiet comes from a constructor, whose
# name a local variable shadows elsewhere, and synchronous ones.
HOOK = b"""\
#!/usr/bin/env python3
# encoding: utf-8

import os
import ansible_runner

ks_hook = '''
{"onKubernetesEvent": []}
'''


class component():

    def __init__(
            self,
            playbook,
            quiet,
            rotate):
        self.playbook = playbook
        self.quiet = quiet
        self.rotate = rotate

    def installRunner(self):
        installer = ansible_runner.run_async(
            playbook=self.playbook,
            quiet=self.quiet,
            rotate_artifacts=self.rotate
        )
        return installer[1]


class Subject(object):
    def __init__(self):
        self._observers = []


class Info(Subject):
    def __init__(self, name=''):
        Subject.__init__(self)


def generateTaskLists():
    return component(
        playbook='monitoring.yaml',
        quiet=True,
        rotate=1
    )


def getComponentLists():
    found = []
    for component, parameters in {}.items():
        found.append(component)
    return found


def resultInfo():
    result = ansible_runner.run(
        playbook='result-info.yaml',
        quiet=True
    )
    if result.rc != 0:
        exit()


if __name__ == '__main__':
    print(ks_hook)
"""

LOUD = HOOK.replace(b"quiet=True", b"quiet=False").replace(b"quiet=self.quiet", b"quiet=False")
LOUD = LOUD.replace(
    b"            playbook=self.playbook,\n",
    b"            playbook=self.playbook,\n            verbosity=level,\n",
)
LOUD = LOUD.replace(
    b"        playbook='result-info.yaml',\n",
    b"        playbook='result-info.yaml',\n        verbosity=level,\n",
)
LOUD = LOUD.replace(b"\n\nclass component", b"\nlevel = 3\n\n\nclass component", 1)
