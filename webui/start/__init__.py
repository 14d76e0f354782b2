"""What waits, at a glance."""
