"""What kubectl says when it fails, as the errors that a user can act on.

The sentences are those of kubectl 1.20 and 1.32 and of the API server 1.20 (client-go's and
apimachinery's, unchanged for years); what is not recognised stays as it was said.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from ksimage.errors import (
    ClusterConflict,
    ClusterForbidden,
    ClusterLogin,
    ClusterMissing,
    ClusterRefused,
    ClusterSlow,
    ClusterUnreachable,
    KubeconfigUnusable,
)

if TYPE_CHECKING:
    from ksimage.errors import ClusterError

MAX_TEXT: Final = 2000  # characters of stderr that are kept

_FORBIDDEN: Final = re.compile(
    r'cannot (?P<verb>[a-z]+) resource "(?P<resource>[^"\s]+)" in API group "(?P<group>[^"\s]*)"'
    r'(?: in the namespace "(?P<namespace>[^"\s]+)"| at the cluster scope)?'
)
_UNREACHABLE: Final = (
    "connection refused", "was refused - did you specify", "no such host", "no route to host",
    "network is unreachable", "TLS handshake timeout", "i/o timeout", "connection reset by peer",
    "unexpected EOF", "Unable to connect to the server", "http2: client connection lost",
    "error dialing backend", "use of closed network connection", "ServiceUnavailable",
    "the server is currently unable to handle the request", "etcdserver:", "apiserver not ready",
    "unable to upgrade connection: 50", "InternalError", "connection lost", ": EOF",
)  # fmt: skip
_SLOW: Final = (
    "context deadline exceeded", "Client.Timeout", "net/http: request canceled", "(Timeout)",
)  # fmt: skip
_CONFIG: Final = (
    "does not exist", "no configuration has been provided", "invalid configuration",
    "error loading config file", "cluster has no server defined", "stat ", "no context exists",
)  # fmt: skip


def failure(command: str, status: int, stderr: str, namespace: str = "") -> ClusterError:
    """The error for a kubectl that ended with ``status`` and said ``stderr``."""
    text = stderr[-MAX_TEXT:] or f"kubectl ended with status {status} and said nothing"
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        return ClusterForbidden(
            _last(text),
            verb=forbidden["verb"],
            resource=forbidden["resource"],
            group=forbidden["group"],
            namespace=forbidden["namespace"] or "",
        )
    if "(Forbidden)" in text or "is forbidden: " in text:
        return ClusterForbidden(_last(text), verb="", resource="this", namespace=namespace)
    if "(Conflict)" in text or "the object has been modified" in text:
        return ClusterConflict(_last(text))
    if "(NotFound)" in text or "doesn't have a resource type" in text or "no matches for" in text:
        return ClusterMissing(_last(text))
    if "Unauthorized" in text or "must be logged in" in text or "getting credentials" in text:
        return ClusterLogin(_last(text))
    if "x509:" in text or "certificate" in text.lower():
        return ClusterUnreachable(_last(text))
    if any(word in text for word in _SLOW):
        return ClusterSlow(command, _seconds(command), _last(text))
    if any(word in text for word in _UNREACHABLE):
        return ClusterUnreachable(_last(text))
    if "error: " in text and any(word in text for word in _CONFIG):
        return KubeconfigUnusable(_last(text))
    return ClusterRefused(command, text)


def _last(text: str) -> str:
    """The line that tells: kubectl repeats itself, and warns before."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if "rror" in line or "nable" in line or "refused" in line]
    return (told or lines or [text])[-1][:MAX_TEXT]


def _seconds(command: str) -> float:
    found = re.search(r"--request-timeout=([0-9.]+)s", command)
    return float(found[1]) if found else 0.0
