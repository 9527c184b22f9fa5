"""Images in OCI layouts, as folders and as archives."""
