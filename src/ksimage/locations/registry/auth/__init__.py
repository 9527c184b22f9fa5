"""Logins of registries: where they are kept, what a challenge wants, tokens. No password leaves
for another host.
"""
