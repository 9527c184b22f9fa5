"""The commands that look into a cluster or change it: rollout, status, watch, collect.

They parse and present; what is asked of the cluster, and how, belongs in ``ksimage.cluster``.
Its words are those here.
"""
