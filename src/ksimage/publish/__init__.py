"""Put an image under a name without breaking the name: refuse, keep what was there, copy, tag last,
read back. Making the image belongs in `build`, moving bytes in `locations`.

Words: to *push* is to send an earlier build elsewhere; *kept* is what a name held before, under
another name; a *refusal* is a registry's no, told by the engine.
"""
