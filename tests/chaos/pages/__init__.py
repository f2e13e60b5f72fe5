"""Flows that exist to be interrupted."""
