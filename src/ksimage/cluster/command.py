"""A kubectl command that changes the cluster: what a dry run prints is what is run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from ksimage.cluster.installer import DEPLOYMENT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ksimage.cluster.kubectl import Kubectl, Printed


class Command(NamedTuple):
    """One command.

    Attributes:
        words: as :meth:`Kubectl.run` takes them.
        why: what it does, for people.
        stdin: what it reads.
    """

    words: tuple[str, ...]
    why: str
    stdin: str = ""

    def run(self, kubectl: Kubectl) -> Printed:
        """Run it. Raises ClusterError."""
        return kubectl.run(self.words, input=self.stdin.encode() or None)


def as_command(document: Mapping[str, object], why: str) -> Command:
    """The kubectl command that sends a patch of the Deployment."""
    text = json.dumps(document, separators=(",", ":"))
    words = ("patch", "deployment.apps", DEPLOYMENT, "--type=strategic", f"--patch={text}")
    return Command(words, why)
