"""Images in registries, over the OCI distribution API. Import ``source``, ``target`` and
``session`` late: they load urllib3.
"""
