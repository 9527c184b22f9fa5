"""Every advice line is a command that was run."""
