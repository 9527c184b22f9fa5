"""Images in registries, over the OCI distribution API. Import ``source``, ``target`` and
``session`` late: they load urllib3. What only Harbor can do belongs in `harbor`.

Words: a *session* is one registry and one login, an *intent* what a request is for, an *answer*
what a refusal means.
"""
