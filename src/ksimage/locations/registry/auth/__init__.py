"""Logins of registries: where they are kept, what a challenge wants, tokens. No password leaves for
another host.

Words: *credentials* are a login, a *helper* is a program that keeps it, a *challenge* is what the
registry asks for, a *token* what its token service gives for a login.
"""
