"""kubectl as the seam: the operator's own binary, with their contexts, logins and plugins.

Argument lists only, never a shell. What kubectl prints is hostile text and is parsed strictly:
``kubectl`` has been seen to end with status 0 and cut output when the API server went away.
"""

from __future__ import annotations

import json
import logging
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from ksimage.cluster.failures import failure
from ksimage.errors import ClusterAnswerCut, ClusterSlow, KubectlMissing, KubectlOld
from ksimage.objects import text

if TYPE_CHECKING:
    from collections.abc import Sequence

log = logging.getLogger(__name__)

NAMESPACE: Final = "kubesphere-system"
CONTAINER: Final = "installer"
"""The container's name in every release (deploy/kubesphere-installer.yaml, v2.1.0 to v3.4.1)."""

OLDEST: Final = (1, 15)
"""The oldest Kubernetes that KubeSphere v3.0 was released for; kk installs a kubectl of its age."""

MAX_OUTPUT: Final = 64 << 20
"""Bytes of JSON that are read; a namespace with some hundred pods has 2 MB."""

GRACE: Final = 5.0
"""Seconds that kubectl has beyond its own --request-timeout."""


@dataclass(frozen=True)
class KubectlOptions:
    """How to reach the cluster: what the operator would pass to kubectl.

    Attributes:
        program: name or path of the binary.
        kubeconfig, context: passed on when not empty.
        namespace: where the installer is.
        timeout: seconds of one request.
    """

    program: str = "kubectl"
    kubeconfig: str = ""
    context: str = ""
    namespace: str = NAMESPACE
    timeout: float = 20.0


class Printed(NamedTuple):
    """What a kubectl that ended with status 0 printed."""

    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        """stdout as text; what is no UTF-8 becomes replacement characters."""
        return self.stdout.decode("utf-8", "replace")


class Versions(NamedTuple):
    """Client and server, as ``v1.20.2``."""

    client: str
    server: str


class Kubectl:
    """One cluster, one namespace. Stateless: safe to use from several threads."""

    def __init__(self, options: KubectlOptions | None = None) -> None:
        self.options = options or KubectlOptions()
        self.namespace = self.options.namespace

    def argv(self, *words: str, streaming: bool = False) -> list[str]:
        """The whole command. ``streaming`` leaves out --request-timeout, which would cut it."""
        options = self.options
        command = [options.program]
        if options.kubeconfig:
            command.append(f"--kubeconfig={options.kubeconfig}")
        if options.context:
            command.append(f"--context={options.context}")
        command.append(f"--namespace={options.namespace}")
        if not streaming:
            command.append(f"--request-timeout={options.timeout:g}s")
        return [*command, *words]

    def exec_argv(
        self, pod: str, *command: str, container: str = CONTAINER, stdin: bool = False
    ) -> list[str]:
        """The command that runs ``command`` in a pod, binary-exact (without a terminal)."""
        words = ["exec", *(["-i"] if stdin else []), pod, f"--container={container}", "--"]
        return self.argv(*words, *command, streaming=True)

    def run(
        self,
        words: Sequence[str],
        *,
        input: bytes | None = None,  # noqa: A002
        timeout: float | None = None,
        streaming: bool = False,
    ) -> Printed:
        """Run ``kubectl WORDS`` to its end.

        Args:
            words: without program, kubeconfig, context and namespace, which are put before them.
            input: bytes for its stdin; nothing otherwise (it never reads the terminal).
            timeout: seconds in all; by default the request's and GRACE.
            streaming: no --request-timeout, for `exec`, `wait` and `logs`.

        Raises:
            ClusterError: one of its kinds, by what kubectl said.
        """
        return self.call(self.argv(*words, streaming=streaming), input=input, timeout=timeout)

    def execute(
        self,
        pod: str,
        *command: str,
        container: str = CONTAINER,
        input: bytes | None = None,  # noqa: A002
        timeout: float | None = None,
    ) -> Printed:
        """Run ``command`` in the pod. A cut stream ends with status 0 too: check what it printed.

        Raises:
            ClusterError
        """
        argv = self.exec_argv(pod, *command, container=container, stdin=input is not None)
        return self.call(argv, input=input, timeout=timeout)

    def call(
        self,
        argv: Sequence[str],
        *,
        input: bytes | None = None,  # noqa: A002
        timeout: float | None = None,
    ) -> Printed:
        """Run a whole command as :meth:`argv` makes it. Arguments and errors as for :meth:`run`."""
        seconds = timeout if timeout is not None else self.options.timeout + GRACE
        log.debug("%s", shown(argv))
        try:
            done = subprocess.run(
                argv,
                input=input,
                stdin=subprocess.DEVNULL if input is None else None,
                capture_output=True,
                timeout=seconds,
                check=False,
            )
        except (FileNotFoundError, PermissionError, NotADirectoryError) as error:
            reason = "" if shutil.which(argv[0]) is None else str(error)
            raise KubectlMissing(argv[0], reason) from error
        except OSError as error:
            raise KubectlMissing(argv[0], str(error)) from error
        except subprocess.TimeoutExpired:
            raise ClusterSlow(shown(argv), seconds) from None
        stderr = done.stderr.decode("utf-8", "replace").strip()
        if done.returncode:
            raise failure(shown(argv), done.returncode, stderr, self.namespace)
        return Printed(done.stdout, stderr)

    def get_json(self, *words: str, timeout: float | None = None) -> dict[str, object]:
        """``kubectl WORDS -o json``, as in ``get_json("get", "deployment", "ks-installer")``.

        Raises:
            ClusterMissing: there is no such object or kind.
            ClusterAnswerCut: status 0, but what came is not one whole JSON object.
            ClusterError
        """
        argv = self.argv(*words, "--output=json")
        return parse_object(self.call(argv, timeout=timeout).stdout, shown(argv))

    def get_items(self, *words: str, timeout: float | None = None) -> list[dict[str, object]]:
        """The items of a list. Raises as :meth:`get_json`."""
        found = self.get_json("get", *words, timeout=timeout)
        items = found.get("items")
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise ClusterAnswerCut(shown(words), "it is no list of objects")
        return items

    def versions(self) -> Versions:
        """Which kubectl and which API server.

        Raises:
            KubectlMissing, KubectlOld, ClusterUnreachable, ClusterAnswerCut, ClusterError.
        """
        # Without a server kubectl prints the client's part and ends with 1.
        client = _version(self._client())
        numbers = re.match(r"v?(\d+)\.(\d+)", client)
        if numbers and (int(numbers[1]), int(numbers[2])) < OLDEST:
            raise KubectlOld(client, f"v{OLDEST[0]}.{OLDEST[1]}")
        found = self.get_json("version")
        return Versions(client, _version(found.get("serverVersion")))

    def _client(self) -> object:
        argv = [self.options.program, "version", "--client", "--output=json"]
        return parse_object(self.call(argv).stdout, shown(argv)).get("clientVersion")


def parse_object(data: bytes, command: str) -> dict[str, object]:
    """One whole JSON object.

    Raises:
        ClusterAnswerCut: it is cut, empty, too large or something else.
    """
    if len(data) > MAX_OUTPUT:
        raise ClusterAnswerCut(command, f"{len(data):,} bytes are more than can be meant")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ClusterAnswerCut(command, f"no JSON after {len(data):,} bytes: {error}") from None
    if not isinstance(found, dict):
        raise ClusterAnswerCut(command, "it is no JSON object")
    return found


def shown(argv: Sequence[str]) -> str:
    """The command as it can be typed; what is not printable is escaped."""
    text = shlex.join(argv)
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


def _version(part: object) -> str:
    if version := text(part, "gitVersion"):
        return version[:60]
    raise ClusterAnswerCut("kubectl version", "it names no version")


class Command(NamedTuple):
    """A kubectl command that changes the cluster: what a dry run prints is what is run.

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
