"""What an image is: whose, which release and hook, proven or not, overwritten or not. Reads only;
what changes names belongs in `publish`.

Words: *current* is what a name holds now; a *proof* is one statement about a finished image.
"""
