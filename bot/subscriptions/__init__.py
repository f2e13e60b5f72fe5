"""What channels follow: the filters, what is said about them, and what they are told."""
