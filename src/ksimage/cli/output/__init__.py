"""What goes out: the terminal, progress, tables, results and JSON documents. Only here is
anything printed.
"""
