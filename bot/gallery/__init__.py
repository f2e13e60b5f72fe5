"""One message of each kind, as it looks on both platforms."""
