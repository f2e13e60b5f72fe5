"""Do what takes several careful steps."""
