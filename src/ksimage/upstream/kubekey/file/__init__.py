"""A KubeKey configuration as text: its YAML documents, and the smallest change to a line of them.

What the fields mean belongs in the modules above. Words: a *document* is what kk takes for one, a
*change* the lines that a wish alters.
"""
