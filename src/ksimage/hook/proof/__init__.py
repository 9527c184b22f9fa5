"""Proofs about a hook's source code: it parses, no playbook is quiet, each gets the verbosity.
Nothing here reads images.
"""
