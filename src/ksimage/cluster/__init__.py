"""The cluster, by the operator's own kubectl: which installer runs, and bringing an image there.

Words: an *installer* is the Deployment ks-installer with its pods; the *seam* is :mod:`kubectl`
(argument lists, never a shell). Event files and pictures of them do not belong here.
"""
