"""Images in registries, over the OCI distribution API.

Only this package imports urllib3; import it late.
"""

from ksimage.locations.registry.http.connection import Stats
from ksimage.locations.registry.http.hosts import RegistryOptions
from ksimage.locations.registry.http.retry import RetryPolicy
from ksimage.locations.registry.session import Session, close_sessions, session_for
from ksimage.locations.registry.source import RegistrySource
from ksimage.locations.registry.target import RegistryTarget

__all__ = [
    "RegistryOptions",
    "RegistrySource",
    "RegistryTarget",
    "RetryPolicy",
    "Session",
    "Stats",
    "close_sessions",
    "session_for",
]
