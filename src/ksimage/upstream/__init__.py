"""What upstream shipped and does: releases with the sha256 of their hooks, KubeKey's rules. Facts
and tables, no I/O.

Words: a *release* is one of KubeSphere's, by its tag; *upstream* is its own repositories.
"""
