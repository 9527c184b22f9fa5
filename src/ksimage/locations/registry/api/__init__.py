"""The registry protocol: requests for manifests and blobs, uploads, and what answers mean."""
