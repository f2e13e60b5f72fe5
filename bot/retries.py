"""How long a sender waits before it tries once more."""

from datetime import timedelta

FIRST_DELAY = timedelta(seconds=1)
LONGEST_DELAY = timedelta(minutes=5)
LARGEST_POWER = 9  # by then it is more than the longest delay


def delay_after(tries: int) -> timedelta:
    """Return how long to wait after so many tries in vain."""
    doubled = min(tries, LARGEST_POWER)
    return min(FIRST_DELAY * (1 << doubled), LONGEST_DELAY)
