"""Images in a Docker Engine and in what `docker save` writes. Building in an engine belongs in
`build`, pushing by an engine in `publish`.

Words: the *engine* is the server that a socket leads to, the *client* our side of it; an *archive*
is a file of `docker save`; the *store* is the engine's names and image IDs.
"""
