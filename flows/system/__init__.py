"""Flows that look after the bot itself."""
