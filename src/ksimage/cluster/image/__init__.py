"""The image in the cluster: which is meant, where it lies, whether it is what runs.

Words: a *candidate* is to be rolled out; a tag's *meaning* is what the registry holds under it now.
Changing the Deployment belongs in `cluster/rollout`.
"""
