"""The conversation of a rollout, one way of rolling out a module: what is said, asked, done, shown.

What is asked of the cluster belongs in `cluster`; parsing in `cli/commands/cluster`. Words: a *way*
is what is rolled out: an image, a mounted hook, a change of the configuration, or an undo.
"""
