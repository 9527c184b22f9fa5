"""Manners in CI systems: markers in the log, annotations, outputs, and the matrix of jobs."""
