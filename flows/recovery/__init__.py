"""Flows that repair."""
