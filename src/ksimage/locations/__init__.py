"""Where images live: registries, layouts, archives, the Docker Engine, KubeKey's folder. What an
image's documents say belongs in `images`, under which name one is put in `publish`.

Words: a *location* is the text that names an image's place, read but not looked at; a *source* is
an image there to read, a *target* a place to write one; a *transfer* is one copy on its way.
"""
