"""Sources made of other sources: a layer on top, one platform, other media types. Nothing here
reads or writes files.
"""
