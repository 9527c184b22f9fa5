"""A KubeKey configuration as text: its YAML documents, and the smallest change to a line of them.

What the fields mean belongs in the modules above.
"""
