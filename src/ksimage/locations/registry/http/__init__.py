"""HTTP to registries: connections, TLS, proxies, redirects, retries. Knows nothing of manifests."""
