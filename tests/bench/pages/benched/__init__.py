"""Flows that do nothing but be observed."""
