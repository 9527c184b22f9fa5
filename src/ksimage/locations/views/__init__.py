"""Sources made of other sources: a layer on top, one platform, other media types. Nothing here
reads or writes files.

Words: a *view* is a source seen another way, an *overlay* has content more, a *watch* tells what is
read and may end it.
"""
