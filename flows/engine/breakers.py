"""Leaves an integration alone that keeps failing: closed, open for a while, one trial, closed.

Each worker learns for itself, from the calls of all its runs.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from integrations.errors import Barred, Limited, Transient
from integrations.meter import spelled

FAILURES = 5  # in a row, whoever called
FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(minutes=5)
LONGEST_LIMIT = timedelta(hours=2)  # a service that asks for more is asked again by then
TRIED = timedelta(seconds=5)  # until others ask how the one call went that is let through
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Breaker:
    """How one integration has been of late: a value, and what it becomes.

    `failures` are those in a row, `openings` the pauses in a row, `until` the end of this one;
    `limited` is until when the integration itself asked not to be called.
    """

    failures: int = 0
    openings: int = 0
    until: datetime | None = None
    limited: datetime | None = None
    last: str = ""

    def barred(self, now: datetime) -> datetime | None:
        """Return until when nobody may call; None where somebody may."""
        ends = [end for end in (self.until, self.limited) if end and end > now]
        return max(ends, default=None)

    def failed(self, why: str, now: datetime) -> "Breaker":
        """Count a failure; too many in a row, or one on trial, begin the next pause."""
        failures = self.failures + 1
        seen = replace(self, failures=failures, last=why)
        if self.until and self.until > now:
            return seen  # was under way when the pause began
        if failures < FAILURES:
            return seen
        pause = min(FIRST_PAUSE * 2 ** min(self.openings, 16), LONGEST_PAUSE)
        return replace(seen, openings=self.openings + 1, until=now + pause)

    def slowed(self, why: str, asked: timedelta, now: datetime) -> "Breaker":
        """Leave it alone for as long as it asked: it works, so this is no failure."""
        wait = min(max(asked, timedelta()), LONGEST_LIMIT)
        return replace(self, limited=now + wait, last=why)

    def answered(self) -> "Breaker":
        """Begin anew; what it asked for itself still holds."""
        return Breaker(limited=self.limited, last=self.last if self.limited else "")


def _now() -> datetime:
    return datetime.now(UTC)


class Breakers:
    """The breakers of one worker, by integration: the gate that every call of a run passes."""

    def __init__(self, clock: Callable[[], datetime] = _now) -> None:
        self._clock = clock
        self._known: dict[str, Breaker] = {}
        self._trials: dict[str, object] = {}

    def enter(self, integration: str, by: object) -> None:
        """Raise `Barred` where nobody may call; after a pause let one piece of work try."""
        known = self._known.get(integration)
        if known is None:
            return
        now, name = self._clock(), spelled(integration)
        if end := known.barred(now):
            limits = not (known.until and known.until > now)
            why = "asked us to call less" if limits else "has been failing"
            raise Barred(f"{name} {why}; trying again at {shown(end, now)}.", end - now)
        if known.until and self._trials.setdefault(integration, by) is not by:
            again = f"trying again at {shown(now + TRIED, now)}"
            raise Barred(f"{name} has been failing, one call tries it now; {again}.", TRIED)

    def answered(self, integration: str, by: object) -> None:
        """Hear that the integration did its work: what was on trial is trusted again."""
        known = self._known.get(integration)
        if known is None:
            return
        now = self._clock()
        if known.until and self._trials.get(integration) is not by:
            return  # from before the pause
        self._trials.pop(integration, None)
        after = known.answered()
        if after.barred(now):
            self._known[integration] = after
        else:
            del self._known[integration]

    def failed(self, integration: str, error: Transient, by: object) -> None:
        """Hear that the integration did not do its work, or asked us to call less."""
        now, known = self._clock(), self._known.get(integration, Breaker())
        if isinstance(error, Limited):
            self.answered(integration, by)
            known = self._known.get(integration, Breaker())
            asked = error.retry_after or FIRST_PAUSE
            self._known[integration] = known.slowed(str(error), asked, now)
        elif not known.until or known.until > now or self._trials.get(integration) is by:
            self._trials.pop(integration, None)
            self._known[integration] = known.failed(str(error), now)

    def leave(self, by: object) -> None:
        """Let another try, where this work was on trial and is over without a result."""
        if self._trials:  # seldom, and every step comes here
            self._trials = {each: whose for each, whose in self._trials.items() if whose is not by}

    def paused(self) -> dict[str, str]:
        """Say of each integration that is left alone now until when and why, by its name."""
        now = self._clock()
        return {
            spelled(name): told
            for name, each in sorted(self._known.items())
            if (told := _told(each, now))
        }


def shown(at: datetime, now: datetime) -> str:
    """Return an instant as people read it; seconds matter only where they are few."""
    return f"{at:%H:%M} UTC" if at - now >= MINUTE else f"{at:%H:%M:%S} UTC"


def _told(breaker: Breaker, now: datetime) -> str:
    end = breaker.barred(now)
    if end and breaker.until and breaker.until > now:
        return f"paused until {shown(end, now)} ({breaker.failures} failures, last: {breaker.last})"
    if end:
        return f"paused until {shown(end, now)} ({breaker.last})"
    if breaker.until:
        return f"on trial ({breaker.failures} failures, last: {breaker.last})"
    return ""
