"""A login, wherever it was found, and the protocol of docker-credential-helpers:
``docker-credential-NAME get``.
"""

from __future__ import annotations

import base64
import json
import os
import re
import select
import time
from contextlib import suppress
from dataclasses import dataclass, field

from ksimage.errors import CredentialHelperFailed
from ksimage.text import printable


@dataclass(frozen=True)
class Credentials:
    """A login. Its repr shows no secret.

    Attributes:
        origin: where it came from, for people.
        key: what it is filed under there: a host, or a repository; "" when that is not known.
        username: for Basic; "" when only a token is known.
        secret: the password.
        identity_token: a refresh token for the registry's token service.
        registry_token: a ready Bearer token.
    """

    origin: str
    username: str = ""
    secret: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)
    key: str = ""

    @property
    def basic(self) -> str | None:
        """The value of an Authorization header, or None without user name and password."""
        if not self.username or not self.secret:
            return None
        pair = f"{self.username}:{self.secret}".encode()
        return "Basic " + base64.b64encode(pair).decode("ascii")


HELPER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
MAX_ANSWER = 1 << 20
TIMEOUT = 60.0  # seconds; a helper may ask the user to unlock a key ring

_NOTHING = ("credentials not found in native keychain", "no credentials server URL")


def ask_helper(name: str, server: str, named_by: str) -> Credentials | None:
    """The helper's login for ``server``, or None when it has none.

    The user name ``<token>`` means that the secret is an identity token.

    Raises:
        CredentialHelperFailed: missing, failing, slow, or answering no JSON.
    """
    program = f"docker-credential-{name}"

    def failed(reason: str) -> CredentialHelperFailed:
        return CredentialHelperFailed(program, named_by, server, reason)

    try:
        code, answer = _run([program, "get"], server.encode())
    except FileNotFoundError:
        raise failed("it is not on the PATH") from None
    except TimeoutError:
        raise failed(f"no answer in {TIMEOUT:.0f} s") from None
    except OSError as error:
        raise failed(error.strerror or "unusable") from None
    if len(answer) > MAX_ANSWER:
        raise failed(f"its answer is longer than {MAX_ANSWER} bytes")
    if code != 0:
        words = answer[:4096].decode(errors="replace")
        if any(phrase in words for phrase in _NOTHING):
            return None
        raise failed(_reason(code, words))
    try:
        document = json.loads(answer)
        username, secret = document["Username"], document["Secret"]
    except (ValueError, RecursionError, TypeError, KeyError):
        raise failed("its answer is no JSON with Username and Secret") from None
    if not isinstance(username, str) or not isinstance(secret, str):
        raise failed("Username and Secret are no strings")
    if not secret:
        return None
    origin = f"{program} (named by {named_by})"
    if username == "<token>":
        return Credentials(origin, identity_token=secret)
    return Credentials(origin, username, secret)


def _run(command: list[str], question: bytes) -> tuple[int, bytes]:
    """Exit code and answer, of which no more is read than is known to be too much.

    Raises:
        OSError: it cannot be started. TimeoutError: it is too slow.
    """
    import subprocess  # few have a helper, and this takes a while to load

    # what it writes to stderr may hold a secret
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, bufsize=0
    )
    assert process.stdin is not None
    assert process.stdout is not None
    end = time.monotonic() + TIMEOUT
    answer = bytearray()
    with process.stdin as stdin, process.stdout as stdout:
        try:
            with suppress(BrokenPipeError):  # it does not want to know
                stdin.write(question)
            stdin.close()
            poll = select.poll()
            poll.register(stdout, select.POLLIN)
            while len(answer) <= MAX_ANSWER:
                if not poll.poll(max(0.0, end - time.monotonic()) * 1000):
                    raise TimeoutError
                chunk = os.read(stdout.fileno(), 1 << 16)
                if not chunk:
                    return process.wait(max(0.0, end - time.monotonic())), bytes(answer)
                answer += chunk
        except subprocess.TimeoutExpired:
            raise TimeoutError from None
        finally:
            process.kill()
            process.wait()
    return -1, bytes(answer)


def _reason(code: int, words: str) -> str:
    """Helpers explain themselves on stdout; what looks like an answer is not repeated."""
    line = printable(words.strip().split("\n")[0])
    if line and "{" not in line:
        return f"exit code {code}: {line}"
    return f"exit code {code}, and no explanation (its stderr is not shown: it may hold secrets)"
