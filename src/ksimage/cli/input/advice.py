"""Advice is a command to type: with the release and the options that were typed before."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import click

from ksimage.cli.input.options import parameter
from ksimage.config.settings import BY_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

_COMMAND = re.compile(r"ksimage ((?:patches )?[a-z]+)\b.*?(?=  \(|$)")
_CREDENTIALS = ("username", "password")
_OPTIONAL_VALUE = ("verbosity",)
_KUBECTL = re.compile(r"(?:^|(?<=: ))kubectl (?!config )")
_NAMESPACE = "kubesphere-system"
_OF_NAMESPACE = re.compile(rf"((?<=kubectl )(?:-n |--namespace[ =])){_NAMESPACE}\b")
_CLUSTER = (
    ("kubeconfig", "--kubeconfig", None),
    ("context", "--context", None),
    ("namespace", "-n", _NAMESPACE),
    ("kubectl", "--kubectl", "kubectl"),
    ("request_timeout", "--request-timeout", 20.0),
)
"""Options that lead to a cluster: parameter, flag, and what it is where nothing was typed."""
_OF_KUBECTL = ("kubeconfig", "context")  # in whose lines the namespace stands already
_NAMES = ("what", "names", "release")


def completer() -> Callable[[str, str], str]:
    """Completes a line of advice, given the release that it is about or "", for this command."""
    context = click.get_current_context(silent=True)
    if context is None:
        return lambda line, _: line
    root = context.find_root()
    typed = context.params
    names = [str(name) for key in _NAMES for name in _several(typed.get(key))]
    alone = names[0] if len(names) == 1 else ""

    def complete(line: str, release: str) -> str:
        found = _COMMAND.search(line)
        if found is None:
            namespace = shlex.quote(str(typed.get("namespace") or _NAMESPACE))
            line = _OF_NAMESPACE.sub(lambda found: found[1] + namespace, line)
            return _KUBECTL.sub(
                lambda _: " ".join(["kubectl", *_cluster(typed, _OF_KUBECTL, ()), ""]), line
            )
        words = re.sub(r"\bRELEASE\b", shlex.quote(release or alone or "RELEASE"), found.group())
        command = _command(root, found.group(1).split())
        accepted = {param.name or "" for param in command.params} if command else set()
        present = words.split()
        more = " ".join([*_words(typed, command, present), *_cluster(typed, accepted, present)])
        return f"{line[: found.start()]}{words}{' ' if more else ''}{more}{line[found.end() :]}"

    return complete


def _command(root: click.Context, path: list[str]) -> click.Command | None:
    command: click.Command | None = root.command
    for name in path:
        if isinstance(command, click.Group):
            command = command.get_command(root, name)
    return command


def _words(
    typed: Mapping[str, object], command: click.Command | None, present: list[str]
) -> Iterator[str]:
    """The options of settings that were typed, as far as the command takes them."""
    for key, setting in BY_KEY.items():
        value = typed.get(parameter(key))
        flag = setting.flag
        if value in (None, (), False) or key in _CREDENTIALS or not _takes(command, flag, value):
            continue
        if any(word == flag or word.startswith(f"{flag}=") for word in present):
            continue
        if value is True:
            yield flag
        elif key in _OPTIONAL_VALUE:
            yield f"{flag}={value}"
        else:
            for one in _several(value):
                yield from (flag, shlex.quote(str(one)))


def _takes(command: click.Command | None, flag: str, value: object) -> bool:
    """Whether the command has the option, in this sense: rollout's --tag has no value."""
    return command is not None and any(
        flag in param.opts and (value is True or not getattr(param, "is_flag", False))
        for param in command.params
    )


def _cluster(
    typed: Mapping[str, object], accepted: Collection[str], present: Collection[str]
) -> Iterator[str]:
    """The way to the cluster, as far as it was typed and the command takes it."""
    for key, flag, usual in _CLUSTER:
        value = typed.get(key)
        if value not in (None, usual) and key in accepted and flag not in present:
            yield from (flag, shlex.quote(str(value)))
    if typed.get("yes") and "yes" in accepted and "--yes" not in present:
        yield "--yes"  # where nobody can be asked now, nobody can then


def _several(value: object) -> tuple[object, ...]:
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)
