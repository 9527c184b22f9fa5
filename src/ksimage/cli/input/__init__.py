"""What comes in: options, completion, the run's settings and logins."""
