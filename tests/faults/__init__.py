"""Registries that misbehave, by script and in front of a real one."""
