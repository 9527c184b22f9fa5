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
    """A channel, and the blobs that are known to be in its repositories."""

    channel: Channel
    _known: set[tuple[str, str]] = field(default_factory=set)
    _busy: dict[tuple[str, str], threading.Lock] = field(default_factory=dict)
    _declined: set[tuple[str, str]] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def client(self, repository: str) -> RegistryClient:
        """The API of one repository."""
        return RegistryClient(self.channel, repository)

    def knows(self, repository: str, digest: str) -> bool:
        """True when the blob was seen in the repository, or put there, by this process."""
        with self._lock:
            return (repository, digest) in self._known

    def learn(self, repository: str, digest: str) -> None:
        """Remember that the repository has the blob."""
        with self._lock:
            self._known.add((repository, digest))

    def declines(self, source: str, target: str) -> bool:
        """True when a mount from one repository into another was refused before."""
        with self._lock:
            return (source, target) in self._declined

    def decline(self, source: str, target: str) -> None:
        """Remember that a mount was refused."""
        with self._lock:
            self._declined.add((source, target))

    def busy(self, repository: str, digest: str) -> threading.Lock:
        """A lock so that two platforms that share a layer do not both send it."""
        with self._lock:
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


def close_sessions() -> None:
    """Close all connections and forget everything: tokens, logins, what registries hold."""
    with _sessions_lock:
        for session in _sessions.values():
            session.channel.wire.close()
        _sessions.clear()
