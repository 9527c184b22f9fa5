"""A job's log as GitHub's runner reads it: which lines are commands."""

from __future__ import annotations

import re

COMMANDS = frozenset(
    {
        "add-mask",
        "add-matcher",
        "debug",
        "echo",
        "endgroup",
        "error",
        "group",
        "notice",
        "remove-matcher",
        "save-state",
        "set-output",
        "stop-commands",
        "warning",
    }
)


def obeyed(log: str) -> list[tuple[str, str]]:
    """Name and data of each command, by the runner's own rules (its ActionCommand.cs).

    ``::name key=value::data`` after blanks, or ``##[name key=value]data`` anywhere in a line.
    """
    found = []
    for line in re.split(r"\r\n|\r|\n", log):
        second = re.match(r"\s*::([^ :]+)(?: .*?)?::(.*)", line)
        first = re.search(r"##\[([^ \]]+)[^\]]*\](.*)", line)
        match = second if second and second[1] in COMMANDS else first
        if match and match[1] in COMMANDS:
            found.append((match[1], match[2]))
    return found
