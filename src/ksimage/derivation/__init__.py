"""What the derived image adds to its base: one file, env, labels; as a layer and config, or as a
Dockerfile. Making and naming it belongs in `build`.

Words: a *recipe* is what is added, whichever engine adds it.
"""
