"""What the Docker Engine's message about a refused push means.

The engine hands on the registry's sentence without its status, and "unauthorized" is what Harbor
says of a wrong password and of a missing right alike: the registry itself is asked then.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from ksimage.errors import EnginePushFailed, KsimageError, LoginFailed, LoginRequired, RightMissing
from ksimage.locations.registry.answers import MAX_WORDS, Intent, explain
from ksimage.locations.registry.http.wire import Answer
from ksimage.locations.registry.session import session_for
from ksimage.text import printable

if TYPE_CHECKING:
    from ksimage.images.reference import Reference
    from ksimage.locations.options import RegistryOptions

# phrases of Harbor's and of registries' refusals, as the engine passes them on, and their statuses
_SAID = (
    ("not found", "project ", 401),
    ("immutable", "", 412),
    ("configured policy", "", 412),  # vulnerabilities, a missing scan
    ("is not signed", "", 412),
    ("412 Precondition Failed", "", 412),
    ("storage resource", "", 403),
    ("read only mode", "", 403),
    ("proxy project", "", 403),
    ("invalid repository name", "", 400),
)
_OF_A_LOGIN = (
    "unauthorized",
    "denied: ",
    "is denied",
    "authentication required",
    "no basic auth credentials",
    "incorrect username or password",
    "401 Unauthorized",
    "403 Forbidden",
)


def explained(
    error: EnginePushFailed, reference: Reference, options: RegistryOptions | None
) -> KsimageError:
    """The registry's refusal in our words, where the engine's message lets it be recognised.

    Args:
        error: with the engine's message as its ``why``.
        reference: what was pushed.
        options: for asking the registry about the login.
    """
    words = printable(error.why, MAX_WORDS)
    intent = Intent(reference.registry, reference.repository, True, reference.tag or "")
    for phrase, beside, status in _SAID:
        if phrase in words and beside in words:
            body = json.dumps({"errors": [{"code": "", "message": words}]}).encode()
            return explain(Answer(status, {}, body), intent)
    if any(phrase in words for phrase in _OF_A_LOGIN):
        return _of_the_login(words, intent, options)
    return EnginePushFailed(str(reference), words)


def _of_the_login(words: str, intent: Intent, options: RegistryOptions | None) -> KsimageError:
    """No login, a wrong one, or a good one without the right. Never raises."""
    channel = session_for(intent.host, options).channel
    login = channel.auth.credentials(intent.repository)
    if login is None:
        return LoginRequired(intent.host, intent.name, intent.action, words)
    holds = True
    with suppress(KsimageError):  # what the engine was told is worth more than a failed question
        try:
            channel.request("GET", "/v2/", intent)  # a token service refuses a wrong password
            channel.auth.greet(intent.repository)
        except LoginFailed:
            holds = False
    if holds:
        return RightMissing(intent.host, intent.name, intent.action, login.username, words)
    return LoginFailed(intent.host, login.username, login.origin)
