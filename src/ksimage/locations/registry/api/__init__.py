"""The registry protocol: requests for manifests and blobs, and uploads. How bytes travel belongs in
`http`, who may ask in `auth`.

Words: a *channel* sends requests with logins and retries around them, a *client* speaks of one
repository, an *upload* brings one blob.
"""
