"""What KubeKey (kk) does with ks-installer: rules for every version, its configuration, advice.

The rules were read in kk's own source, which each of them names, and are compared with every
released tag (``tests/upstream/test_kubekey.py``). Words: *label* is ``metadata.labels.version`` of
the ClusterConfiguration, which kk takes as the image's tag; *release* is one of KubeSphere. Nothing
here runs kk or asks a registry; KubeKey's image folder is in ``locations``.
"""
