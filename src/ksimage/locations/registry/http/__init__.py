"""HTTP to registries: connections, TLS, proxies, redirects, retries. Knows nothing of manifests or
logins.

Words: the *wire* is the way to one registry and to where it redirects, a *pool* the connections to
one server, *trust* the CAs that vouch for it.
"""
