"""Files on the way: staged writes, tar archives with offsets, streams that prove what they carry.
Knows nothing of images.
"""
