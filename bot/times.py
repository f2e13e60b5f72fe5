"""Times as people say them, by the clocks of who reads; pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

A_WEEK = 7
RELATIVE = {0: "", -1: " yesterday", 1: " tomorrow"}


def said(at: datetime, now: datetime, zone: str = "") -> str:
    """Return `09:00`, `09:00 tomorrow`, `Mon 09:00`, `Mon 9 Mar 09:00`; without a zone in UTC."""
    there, today = (each.astimezone(ZoneInfo(zone or "UTC")) for each in (at, now))
    days, clock = (there.date() - today.date()).days, f"{there:%H:%M}{'' if zone else ' UTC'}"
    if days in RELATIVE:
        shown = f"{clock}{RELATIVE[days]}"
    elif abs(days) < A_WEEK:
        shown = f"{there:%a} {clock}"
    else:
        year = f" {there.year}" if there.year != today.year else ""
        shown = f"{there:%a} {there.day} {there:%b}{year} {clock}"
    return shown


def clock(minutes: int) -> str:
    """Return minutes after midnight as `09:00`."""
    return f"{minutes // 60:02}:{minutes % 60:02}"
