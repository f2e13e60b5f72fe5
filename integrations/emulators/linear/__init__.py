"""Linear in this process: the part of its schema that we use, made executable."""

from integrations.emulators.linear.access import Write
from integrations.emulators.linear.app import linear_app
from integrations.emulators.linear.world import INSTANT, TOKEN, LinearWorld

__all__ = ["INSTANT", "TOKEN", "LinearWorld", "Write", "linear_app"]
