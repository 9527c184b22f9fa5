"""What upstream shipped, as tables and rules: releases of ks-installer, and what KubeKey does.

Pure: bytes and text in, facts out. Where images are, and what runs in a cluster, is not for here.
"""
