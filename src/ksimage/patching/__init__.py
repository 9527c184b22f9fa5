"""Reading and applying patch files: text in, text out, no I/O but for loading a series. What the
hook is, and whether it still does its work, belongs in `hook`.

Words: a *series* is patches in their order, a *hunk* one change of a patch, its *place* the lines
it goes to, a *conflict* a hunk that has none.
"""
