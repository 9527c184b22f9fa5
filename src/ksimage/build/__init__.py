"""The main job: a plan from a release's name, and carrying it out by either engine, for one
release or many.

Words: a *plan* says what will be done and has written nothing; a *destination* is where the
result goes.
"""
