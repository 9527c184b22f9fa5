"""The base image: from what people type to a name, opened, and its platforms. How an image is
stored belongs in `locations`.

Words: a *base image* is what is patched; a *platform* is one manifest of it.
"""
