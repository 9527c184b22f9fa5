"""Put an image under a name without breaking the name: refuse, keep what was there, copy, tag
last, read back.
"""
