"""Flows that measure delivery."""
