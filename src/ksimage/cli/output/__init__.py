"""What goes out: the terminal, progress, tables, results and JSON documents. Only here is anything
printed.

Words: the *terminal* is both streams, with colours or without; a *result* is what stdout carries,
*steps* are what to type next.
"""
