"""What upstream shipped and does: releases with the sha256 of their hooks, KubeKey's rules. Facts
and tables, no I/O.
"""
