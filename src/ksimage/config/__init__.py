"""Settings: flag over environment over ``ksimage.yaml`` over default, each with its origin. Which
options a command has belongs in `cli/input`.

Words: a *setting* is a row of the one table, its *kind* says how its text is read, its *origin*
where its value came from; a *fault* is what is wrong with one place of the file.
"""
