"""The installer in a cluster, through the operator's own kubectl. Nothing here knows how an image
is made.
"""
