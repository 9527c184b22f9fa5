"""``ksimage patches`` and its subcommands; what a patch file is belongs in ``ksimage.patching``.
Its words are those here.
"""
