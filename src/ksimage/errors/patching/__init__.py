"""Patches that do not do what they are for: the files, their series, and the hook they are for.

One family with one exit code. Everybody imports these classes from ``ksimage.errors``. Words are
those of ``ksimage.patching``.
"""
