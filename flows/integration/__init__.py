"""Flows that keep other services in step."""
