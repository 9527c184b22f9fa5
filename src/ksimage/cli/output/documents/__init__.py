"""The JSON documents of ``--output json``, and nothing else writes any. Keys stay; docs/json.md
describes them, a test compares.

A *document* is what a command writes; its modules are named for what they describe.
"""
