"""Where images live: registries, layouts, archives, the Docker Engine."""
