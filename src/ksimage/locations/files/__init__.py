"""Files on the way: staged writes, tar archives with offsets, streams that prove what they carry.
Knows nothing of images.

Words: a *staged* file gets its name when it is whole; an *extent* is where a member lies in a tar
file; *verification* compares a stream with its digest while it passes.
"""
