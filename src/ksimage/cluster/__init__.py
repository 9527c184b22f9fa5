"""The cluster, by the operator's own kubectl: which installer runs, and bringing an image there.

Here is what every room below needs: the *seam* (:mod:`kubectl`: argument lists, never a shell), the
*installer* (the Deployment ks-installer with its pods) and its *state*. Event files and pictures of
them do not belong here.
"""
