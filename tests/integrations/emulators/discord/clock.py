"""A clock for tests."""

from datetime import UTC, datetime, timedelta


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **much: float) -> None:
        """Move on by this much: `seconds=3`."""
        self.now += timedelta(**much)
