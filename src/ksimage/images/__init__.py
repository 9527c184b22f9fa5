"""Images as the OCI and Docker specifications describe them: pure, no I/O."""
