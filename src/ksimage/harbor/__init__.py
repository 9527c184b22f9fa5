"""Harbor beyond the distribution API. ``api`` speaks to it, ``view`` is what it told."""
