"""Reading and applying patch files: text in, text out, no I/O but for loading a series."""
