"""What the installer is and does (*overview*), and what that comes to (*verdict*): only looks."""
