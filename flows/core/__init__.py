"""Flows that analyse what is there."""
