"""Every process and every framework."""
