"""What is wrong with a base, so that no installer would run in it; and what can be given back.

`docker commit` of a running installer is the usual culprit: the image then has the entrypoint and
user of that container. A derived image of it passes every comparison with its base and never runs.
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.images import config as image_config
from ksimage.upstream import images as upstream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ksimage.hook.layers import Hook
    from ksimage.images.documents import JsonObject

_STARTED = re.compile(r"(^|[\s/])shell-operator\s+(\S+\s+)*start(\s|$)")
_SHOWN = 80


class BaseFault(NamedTuple):
    """One thing that is wrong with a base.

    ``name`` is the word of the label ``io.ksimage.repaired``; empty for what cannot be repaired.
    """

    name: str
    text: str


class Repair(NamedTuple):
    """What a broken base gets back; ``names`` says which of it, empty for a sound base.

    ``mode`` is None when the hook's own is kept.
    """

    names: tuple[str, ...]
    settings: Mapping[str, object] = MappingProxyType({})
    env: Mapping[str, str] = MappingProxyType({})
    mode: int | None = None


NOTHING: Final = Repair(())


def faults(config: JsonObject, hook: Hook, release: str) -> list[BaseFault]:
    """All that is wrong with an image; ``release`` is upstream's tag, or a name that is none."""
    return [*_of_settings(config, release), *_of_hook(hook)]


def of(config: JsonObject, hook: Hook, release: str) -> Repair:
    """What ``--repair`` gives a base back, as upstream's image of the release has it."""
    names = tuple(
        dict.fromkeys(fault.name for fault in faults(config, hook, release) if fault.name)
    )
    if not names:
        return NOTHING
    wanted = upstream.run_settings(release)
    settings: dict[str, object] = {}
    if "entrypoint" in names:
        settings |= {"Entrypoint": list(wanted.entrypoint), "Cmd": list(wanted.command)}
    if "user" in names:
        settings["User"] = wanted.user
    if "workdir" in names:
        settings["WorkingDir"] = wanted.workdir
    env = {}
    if "env" in names:
        present = image_config.environment(config)
        env = {key: value for key, value in wanted.env.items() if not present.get(key)}
    return Repair(names, settings, env, wanted.mode if "mode" in names else None)


def _of_settings(config: JsonObject, release: str) -> list[BaseFault]:
    inner = image_config.settings(config)
    wanted = upstream.run_settings(release)
    found = []
    entrypoint, command = inner.get("Entrypoint"), inner.get("Cmd")
    if not _STARTED.search(" ".join([*_words(entrypoint), *_words(command)])):
        told = f"{_shown(entrypoint)} with {_shown(command)}"
        what = f"{list(wanted.entrypoint)} with {list(wanted.command)}"
        found.append(BaseFault("entrypoint", f"its entrypoint is {told}, not {what}"))
    if inner.get("User") not in upstream.USERS:
        what = f"its user is {_shown(inner.get('User'))}, not {wanted.user!r}"
        found.append(BaseFault("user", what))
    if inner.get("WorkingDir") in (None, "", "/"):
        what = f"its working directory is {_shown(inner.get('WorkingDir'))}, not {wanted.workdir!r}"
        found.append(BaseFault("workdir", what))
    env = image_config.environment(config)
    found += [
        BaseFault("env", f"{name} is not set, upstream's image has {name}={value}")
        for name, value in wanted.env.items()
        if not env.get(name) and name != "ARCH"  # which nothing in the image reads
    ]
    return found


def _of_hook(hook: Hook) -> list[BaseFault]:
    found = []
    bits = hook.mode
    if hook.uid == upstream.UID:
        bits >>= 6
    elif hook.gid == upstream.UID:
        bits >>= 3
    if bits & 5 != 5:
        what = f"its hook has mode {hook.mode:04o} {hook.uid}:{hook.gid}: its user cannot run it"
        found.append(BaseFault("mode", what))
    first = hook.data.split(b"\n", 1)[0]
    if first.startswith(b"\xef\xbb\xbf"):
        text = "its hook begins with a byte-order mark, behind which the kernel finds no #!"
        found.append(BaseFault("", text))
    elif first.startswith(b"#!") and first.endswith(b"\r"):
        text = "the first line of its hook ends in CRLF: there is no interpreter of that name"
        found.append(BaseFault("", text))
    elif first.startswith(b"#!") and b"python3" in first and first not in upstream.SHEBANGS:
        begins = first.decode("utf-8", "replace")
        text = (
            f"its hook begins with {_shown(begins)}, not #!/usr/bin/env python3: another Python,"
            " which need not have ansible_runner, or none"
        )
        found.append(BaseFault("", text))
    if hook.others:
        names = ", ".join(f"/{path}" for path in hook.others[:3])
        text = f"shell-operator would run {_shown(names)} as well: it runs whatever is below /hooks"
        found.append(BaseFault("", text))
    return found


def _words(value: object) -> Sequence[str]:
    """An entrypoint or command as words: a list as a rule, a text in old images."""
    return [str(word) for word in value] if isinstance(value, list) else [str(value or "")]


def _shown(value: object) -> str:
    return repr(value)[:_SHOWN]
