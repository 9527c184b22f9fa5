"""``ksimage patches`` and its subcommands; what a patch file is belongs in ``ksimage.patching``."""
