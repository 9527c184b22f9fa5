"""One installation in one file: gathering it, writing it whole or not at all, reading it again.

Words: a *step* gathers one thing and may fail without the others, an *entry* is one file of a
bundle, the *manifest* says what is in it, what is missing and why. What is secret is known to
`redact`, what events mean to `events`; neither belongs here.
"""
