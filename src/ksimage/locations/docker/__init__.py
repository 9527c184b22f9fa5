"""Images in a Docker Engine and in what `docker save` writes."""
