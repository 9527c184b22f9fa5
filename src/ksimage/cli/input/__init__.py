"""What comes in: options, completion, the run's settings and logins, what is to be done. What a
command then prints belongs in `cli/output`.

Words: an *invocation* is one run with its settings, an *order* what a build is told, a
*section* a part of a command's help.
"""
