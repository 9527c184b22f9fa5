"""Which CI system this process runs in."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum


class System(str, Enum):
    """CI systems with manners of their own; values are what ``--format`` and ``--ci`` take."""

    PLAIN = "plain"
    GITHUB = "github"
    GITLAB = "gitlab"


def detect(environ: Mapping[str, str]) -> System:
    """The system by the variable that each documents for this purpose.

    Forgejo, Gitea and ``act`` set GITHUB_ACTIONS as well: they speak the same commands.
    """
    if environ.get("GITHUB_ACTIONS", "").lower() == "true":
        return System.GITHUB
    if environ.get("GITLAB_CI", "").lower() == "true":
        return System.GITLAB
    return System.PLAIN
