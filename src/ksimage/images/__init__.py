"""Images as the OCI and Docker specifications describe them: pure, no I/O. Where they are stored
belongs in `locations`, whose they are in `inspection`.

Words: a *descriptor* points to content by digest; a *manifest* is one platform's image, an *index*
several; the *config* says how it runs; a *member* is one entry of a layer's tar archive.
"""
