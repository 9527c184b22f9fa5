"""One command a file: parse, call the library, present. A command imports no other command; what
two need goes to `cli/input` or `cli/output`.

Words: a *command* is what is typed after ``ksimage``, and its module is named for it.
"""
