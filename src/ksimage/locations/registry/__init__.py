"""OCI distribution (registry) client."""
