"""installRunner.py in an image: found, compared with upstream's, patched, proven. How patch files
are read and applied belongs in `patching`.

Words: the *hook* is installRunner.py; *pristine* is as upstream shipped it.
"""
