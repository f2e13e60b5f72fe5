"""GitHub comments as a place to talk: what is typed there, and what is answered."""
