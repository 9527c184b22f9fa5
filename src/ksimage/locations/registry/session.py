"""One session a registry and login: connections, tokens and what is known are shared by all.

Twelve releases in one repository share most of their blobs; each is looked at once.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from ksimage.locations.options import RegistryOptions
from ksimage.locations.registry.api.channel import Channel
from ksimage.locations.registry.api.client import RegistryClient


@dataclass
class RegistrySession:
    """A channel, and what this process has learned of its registry.

    Attributes:
        known: repository and digest of each blob that was seen there, or put there.
        declined: source and target repository of each mount that was refused.
    """

    channel: Channel
    known: set[tuple[str, str]] = field(default_factory=set)
    declined: set[tuple[str, str]] = field(default_factory=set)
    _busy: dict[tuple[str, str], threading.Lock] = field(default_factory=dict)

    def client(self, repository: str) -> RegistryClient:
        """The API of one repository."""
        return RegistryClient(self.channel, repository)

    def busy(self, repository: str, digest: str) -> threading.Lock:
        """A lock so that two platforms that share a layer do not both send it."""
        return self._busy.setdefault((repository, digest), threading.Lock())


_sessions: dict[tuple[str, RegistryOptions], RegistrySession] = {}
_sessions_lock = threading.Lock()


def session_for(registry: str, options: RegistryOptions | None) -> RegistrySession:
    """The process's session for a registry and options."""
    options = options or RegistryOptions()
    key = (registry.lower(), options)
    with _sessions_lock:
        session = _sessions.get(key)
        if session is None or session.channel.wire.interrupted:
            session = _sessions[key] = RegistrySession(Channel(registry, options))
        return session
