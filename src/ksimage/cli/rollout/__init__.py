"""The conversation of a rollout, one way of rolling out a module: what is said, asked, done, shown.

What is asked of the cluster belongs in `cluster`; parsing in `cli/commands/cluster`.
"""
