"""Images in registries, over the OCI distribution API. Import it late: it loads urllib3. What only
Harbor can do belongs in `harbor`.

Words: a *session* is one registry and one login, an *intent* what a request is for, an *answer*
what a refusal means.
"""

# First, and not from far below: CPython keeps frames in pieces of 16 KiB, and where the end of one
# is reached amid urllib3's regular expressions, a thousand calls each fetch a new one.
import urllib3  # noqa: F401
