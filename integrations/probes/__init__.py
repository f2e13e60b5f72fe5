"""Probes of endpoints: reachable, how fast, and until when its certificate holds."""

from integrations.probes.client import Probe, Probes

__all__ = ["Probe", "Probes"]
