"""What Flowbot keeps: the database is the truth, everything else is a wake-up call."""
