"""Harbor beyond the distribution API: projects, and who pushed what. Images themselves go through
`locations/registry`; nothing here is needed for other registries.

Words: a *view* is what Harbor tells this login about one reference; a *push* is one line of its
log.
"""
