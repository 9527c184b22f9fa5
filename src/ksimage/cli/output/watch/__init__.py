"""How a watched installation is shown: the screen, lines, NDJSON and the report at the end.

What events mean belongs in `events`. Words: a *frame* of the screen is its lines, the *panel* the
part of it that shows a component's last lines, failures or help.
"""
