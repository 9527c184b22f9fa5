"""Manners in CI systems: markers in the log, annotations, outputs, and the matrix of jobs. What is
in a job's image belongs in `build`.

Words: a *system* is the CI system that a process runs in; a *job* is the build of one release; a
*starter* is the files that a new project begins with.
"""
