"""What an installation leaves in its pod: followed while it grows, collected, or saved whole.

Words: a *stream* is one connection to the follow program; *packing* fetches files as they are.
What the files mean belongs in `events`, an archive of them in `bundle`.
"""
