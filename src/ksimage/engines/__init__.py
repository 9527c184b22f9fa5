"""The ways to make the derived image."""
