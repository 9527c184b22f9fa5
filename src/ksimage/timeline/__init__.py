"""An installation as a picture: model in, documents out (page, text, SVG, CSV, JSON, trace).

Pure: what reads event files belongs in `events`, what fetches them in `cluster`, what prints or
writes in `cli`. Words: a *lane* is one component, a *bar* a task in it, a *phase* a stretch of the
installation, the *path* the tasks that its end waited for, a *comparison* two runs task by task.
"""
