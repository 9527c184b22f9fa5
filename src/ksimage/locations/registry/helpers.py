"""The protocol of docker-credential-helpers: ``docker-credential-NAME get``."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING

from ksimage.errors import CredentialHelperFailed

if TYPE_CHECKING:
    from ksimage.locations.registry.credentials import Credentials

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
MAX_ANSWER = 1 << 20
TIMEOUT = 60.0  # seconds; a helper may ask the user to unlock a key ring

_NOTHING = ("credentials not found in native keychain", "no credentials server URL")


def ask(name: str, server: str, named_by: str) -> Credentials | None:
    """The helper's login for ``server``, or None when it has none.

    The user name ``<token>`` means that the secret is an identity token.

    Raises:
        CredentialHelperFailed: missing, failing, slow, or answering no JSON.
    """
    from ksimage.locations.registry.credentials import Credentials

    program = f"docker-credential-{name}"
    try:
        done = subprocess.run(
            [program, "get"],
            input=server.encode(),
            capture_output=True,
            check=False,
            timeout=TIMEOUT,
        )
    except FileNotFoundError:
        raise CredentialHelperFailed(program, named_by, "it is not on the PATH") from None
    except subprocess.TimeoutExpired:
        # `from None`: the exception would carry what the helper had written so far
        raise CredentialHelperFailed(program, named_by, f"no answer in {TIMEOUT:.0f} s") from None
    except OSError as error:
        raise CredentialHelperFailed(program, named_by, error.strerror or "unusable") from None
    if done.returncode != 0:
        words = done.stdout[:4096].decode(errors="replace")
        if any(phrase in words for phrase in _NOTHING):
            return None
        raise CredentialHelperFailed(program, named_by, _reason(done.returncode, words))
    try:
        answer = json.loads(done.stdout[:MAX_ANSWER])
        username, secret = answer["Username"], answer["Secret"]
    except (ValueError, RecursionError, TypeError, KeyError):
        raise CredentialHelperFailed(
            program, named_by, "its answer is no JSON with Username and Secret"
        ) from None
    if not isinstance(username, str) or not isinstance(secret, str):
        raise CredentialHelperFailed(program, named_by, "Username and Secret are no strings")
    if not secret:
        return None
    origin = f"{program} (named by {named_by})"
    if username == "<token>":
        return Credentials(origin, identity_token=secret)
    return Credentials(origin, username, secret)


def _reason(code: int, words: str) -> str:
    """Helpers explain themselves on stdout; what looks like an answer is not repeated."""
    line = "".join(c for c in words.strip().split("\n")[0] if c.isprintable())[:200]
    shown = line if line and "{" not in line else "no explanation"
    return f"exit code {code}: {shown}"
