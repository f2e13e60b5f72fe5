"""Instants, durations and sizes in the words of the page."""

from datetime import UTC, datetime, timedelta

from bot.words import PLATFORMS

MINUTE, HOUR, DAY = 60, 3600, 86400
SOON = 45  # seconds that still count as "just now"

# Characters that turn text around or hide in it: what is read must be what is there.
# The joiners U+200C and U+200D stay, for Persian and emoji need them.
_HIDDEN = dict.fromkeys(
    (
        *range(9),
        *range(14, 32),
        0x7F,
        0x61C,
        0x200B,
        0x200E,
        0x200F,
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        0xFEFF,
    )
)


def plain(text: str) -> str:
    """Return the text without control, direction and zero-width characters."""
    return text if text.isprintable() and text.isascii() else text.translate(_HIDDEN)


def platform(name: str) -> str:
    """Return a platform as it writes itself."""
    return PLATFORMS.get(name, name)


def absolute(at: datetime) -> str:
    """Return an instant as `22 Nov 2026, 13:52:07 UTC`."""
    there = at.astimezone(UTC)
    return f"{there.day} {there:%b %Y, %H:%M:%S} UTC"


def machine(at: datetime) -> str:
    """Return an instant as the `datetime` attribute of `<time>` wants it."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def relative(at: datetime, now: datetime) -> str:
    """Return how long ago (or ahead) an instant is, in one unit: `3 min ago`."""
    seconds = (now - at).total_seconds()
    far = abs(seconds)
    if far < SOON:
        return "just now"
    if far < HOUR:
        size = f"{max(1, round(far / MINUTE))} min"
    elif far < DAY:
        size = f"{round(far / HOUR)} h"
    else:
        days = round(far / DAY)
        size = f"{days} day{'s' if days > 1 else ''}"
    return f"{size} ago" if seconds > 0 else f"in {size}"


def duration(length: timedelta) -> str:
    """Return a length of time in at most two units: `0.3 s`, `12 s`, `3 min 4 s`, `2 h 5 min`."""
    seconds = max(0.0, length.total_seconds())
    if seconds < 0.001:  # noqa: PLR2004 - what no clock here tells from nothing
        return "0 s"
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 9.95:  # noqa: PLR2004 - from here on the tenths are noise
        return f"{seconds:.1f} s"
    whole = round(seconds)
    for unit, name, smaller, below in (
        (DAY, "d", HOUR, "h"),
        (HOUR, "h", MINUTE, "min"),
        (MINUTE, "min", 1, "s"),
    ):
        if whole >= unit:
            rest = whole % unit // smaller
            return f"{whole // unit} {name}" + (f" {rest} {below}" if rest else "")
    return f"{whole} s"


def counted(count: int, noun: str) -> str:
    """Return `1 step`, `2 steps`, `1,204 steps`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
