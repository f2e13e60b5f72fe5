"""Plan the work, and tell those who are not at it."""
