"""The rate limits of an emulated Discord: buckets per route, and one for everything."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256

from integrations.emulators.discord.model import SlowDown

EVERYTHING, A_SECOND = 50, 1.0
OTHERWISE = (10, 10.0)
LIMITS = {
    "POST /channels/{channel_id}/messages": (5, 5.0),
    "PATCH /channels/{channel_id}/messages/{message_id}": (5, 5.0),
    "DELETE /channels/{channel_id}/messages/{message_id}": (5, 1.0),
    "PUT /channels/{channel_id}/messages/{message_id}/reactions/{emoji_name}/@me": (4, 1.0),
    "POST /webhooks/{webhook_id}/{webhook_token}": (5, 2.0),
}
UNLIMITED = "/interactions/"


@dataclass(slots=True)
class _Bucket:
    most: int
    window: float
    seen: deque[float] = field(default_factory=deque)

    def forget(self, now: float) -> None:
        while self.seen and self.seen[0] <= now - self.window:
            self.seen.popleft()


class Pace:
    """Counts calls in sliding windows, by the clock of the world."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._all = _Bucket(EVERYTHING, A_SECOND)

    def take(self, route: str, major: str) -> dict[str, str]:
        """Count a call and return the headers that tell how many are left; raises SlowDown."""
        if UNLIMITED in route:
            return {}
        now = self._clock()
        self._all.forget(now)
        if len(self._all.seen) >= self._all.most:
            raise SlowDown(self._all.seen[0] + A_SECOND - now, everywhere=True)
        bucket = self._bucket(route, major)
        bucket.forget(now)
        if len(bucket.seen) >= bucket.most:
            raise SlowDown(bucket.seen[0] + bucket.window - now)
        self._all.seen.append(now)
        bucket.seen.append(now)
        after = bucket.seen[0] + bucket.window - now
        return {
            "X-RateLimit-Limit": str(bucket.most),
            "X-RateLimit-Remaining": str(bucket.most - len(bucket.seen)),
            "X-RateLimit-Reset": f"{now + after:.3f}",
            "X-RateLimit-Reset-After": f"{after:.3f}",
            "X-RateLimit-Bucket": sha256(route.encode()).hexdigest()[:32],
        }

    def _bucket(self, route: str, major: str) -> _Bucket:
        return self._buckets.setdefault((route, major), _Bucket(*LIMITS.get(route, OTHERWISE)))
