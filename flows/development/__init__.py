"""Flows that ship software."""
