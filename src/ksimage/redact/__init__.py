"""Find secrets in what an installation leaves behind, and put tokens in their place.

Pure: bytes and texts in, bytes and texts out; files, archives and clusters belong elsewhere.
Words: a *site* is a place where a secret stands by its key, its command or its own shape; a *value*
is what stands there; *learned* values are looked for everywhere, in several encodings (*needles*);
a *token* replaces a value, and equal values get equal tokens.
"""
