"""How an emulated GitHub tells of events: signed deliveries, a log of them, and redelivery."""

import asyncio
import base64
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID, uuid5

import msgspec

from integrations.emulators.github.git import Ref
from integrations.emulators.github.records import APP_ID, Hook, Repository
from integrations.emulators.post import Answered, Post

if TYPE_CHECKING:
    from integrations.emulators.github.world import GitHubWorld

PATIENCE = 10.0  # seconds
KEPT = timedelta(days=3)
GOOD = range(200, 300)
UNANSWERED = {"timed out": 504, "failed to connect": 502}
_SEED = UUID("0c0f2f0e-7e0b-4f5c-9d55-3b1d9d3f1c55")


@dataclass(frozen=True, slots=True)
class Seen:
    """A repository as it stood when its hooks were last told."""

    repo: Repository
    refs: dict[str, Ref]


@dataclass(slots=True)
class Delivery:
    """One attempt to tell one hook of one event; attempts of the same event share a `guid`."""

    id: int
    hook: Hook
    guid: str
    event: str
    action: str | None
    payload: dict[str, Any]
    at: datetime
    target: tuple[str, int]
    repository: int | None
    installation: int | None = None
    redelivery: bool = False
    answered: Answered | None = None

    @property
    def status_code(self) -> int:
        answered = self.answered
        if answered is None:
            return 0
        return answered.status or UNANSWERED[answered.failure]

    @property
    def status(self) -> str:
        """Word what came of it as GitHub does."""
        if self.answered is None:
            return "pending"
        if self.answered.failure:
            return self.answered.failure
        code = self.status_code
        return "OK" if code in GOOD else f"Invalid HTTP Response: {code}"

    @property
    def failed(self) -> bool:
        return self.answered is not None and self.status_code not in GOOD

    @property
    def body(self) -> bytes:
        raw = msgspec.json.encode(self.payload)
        form = self.hook.content_type == "form"
        return urlencode({"payload": raw.decode()}).encode() if form else raw

    def headers(self, body: bytes) -> dict[str, str]:
        """Return what GitHub sends along."""
        kind, number = self.target
        form = self.hook.content_type == "form"
        sent = {
            "Accept": "*/*",
            "Content-Type": "application/x-www-form-urlencoded" if form else "application/json",
            "User-Agent": "GitHub-Hookshot/emulated",
            "X-GitHub-Delivery": self.guid,
            "X-GitHub-Event": self.event,
            "X-GitHub-Hook-ID": str(self.hook.id),
            "X-GitHub-Hook-Installation-Target-ID": str(number),
            "X-GitHub-Hook-Installation-Target-Type": kind,
        }
        if self.hook.secret:
            for name, kind in (("X-Hub-Signature", "sha1"), ("X-Hub-Signature-256", "sha256")):
                digest = hmac.digest(self.hook.secret.encode(), body, kind).hex()
                sent[name] = f"{kind}={digest}"
        return sent


class Courier:
    """Notes events for every hook that hears them, and delivers each once when told to."""

    def __init__(self, world: "GitHubWorld") -> None:
        self._world = world
        self._seen: dict[int, Seen] = {}
        self._guids = 0
        self._sending = asyncio.Lock()
        self.waiting: list[Delivery] = []
        self.log: list[Delivery] = []

    def watch(self, repo: Repository) -> None:
        """Tell hooks of whatever changes in a repository from now on."""
        if repo.id not in self._seen:
            self._seen[repo.id] = self._look(repo)

    def moved(self, repo: Repository) -> tuple[Seen, Seen] | None:
        """Return how a repository stood when last asked, and now; None where nobody listens."""
        if not any(True for _ in self._hooks(repo)):
            self._seen.pop(repo.id, None)
            return None
        now = self._look(repo)
        before = self._seen.get(repo.id, now)
        self._seen[repo.id] = now
        return before, now

    def note(
        self, repo: Repository, event: str, action: str | None, payload: dict[str, Any]
    ) -> None:
        """Note an event for every hook that hears of it."""
        self._guids += 1
        guid = str(uuid5(_SEED, str(self._guids)))
        for hook, target in self._hooks(repo):
            if hook.hears(event):
                self.put(hook, target, guid, event, action, payload, repo)

    def put(
        self,
        hook: Hook,
        target: tuple[str, int],
        guid: str,
        event: str,
        action: str | None,
        payload: dict[str, Any],
        repo: Repository | None,
    ) -> Delivery:
        """Note a delivery to one hook."""
        is_app = target[0] == "integration"
        owner = self._world.account(repo.owner).id if is_app and repo else None
        named = base64.b64encode(f"Installation:{owner}".encode()).decode()
        told = payload | ({"installation": {"id": owner, "node_id": named}} if owner else {})
        made = Delivery(
            id=self._world.next_id(),
            hook=hook,
            guid=guid,
            event=event,
            action=action,
            payload=told,
            at=self._world.clock,
            target=target,
            repository=repo.id if repo else None,
            installation=owner,
        )
        self.log.append(made)
        self.waiting.append(made)
        return made

    def ping(self, hook: Hook, target: tuple[str, int], payload: dict[str, Any]) -> None:
        """Note that a hook is to be tried out."""
        self._guids += 1
        guid = str(uuid5(_SEED, str(self._guids)))
        repo = next((r for r in self._world.repositories.values() if hook.id in r.hooks), None)
        self.put(hook, target, guid, "ping", None, payload, repo)

    def again(self, delivery: Delivery) -> None:
        """Note one more attempt of a delivery; its body and guid stay what they were."""
        made = Delivery(
            id=self._world.next_id(),
            hook=delivery.hook,
            guid=delivery.guid,
            event=delivery.event,
            action=delivery.action,
            payload=delivery.payload,
            at=self._world.clock,
            target=delivery.target,
            repository=delivery.repository,
            installation=delivery.installation,
            redelivery=True,
        )
        self.log.append(made)
        self.waiting.append(made)

    def of(self, hook: Hook) -> list[Delivery]:
        """Return what was delivered to a hook in the last three days, newest first."""
        oldest = self._world.clock - KEPT
        return [one for one in reversed(self.log) if one.hook is hook and one.at >= oldest]

    async def deliver(self) -> None:
        """Send what waits, each once as GitHub does; return when everything was sent."""
        if not self.waiting and not self._sending.locked():
            return
        async with self._sending, Post(PATIENCE) as post:
            while self.waiting:
                delivery = self.waiting.pop(0)
                body, hook = delivery.body, delivery.hook
                delivery.answered = await post.send(hook.url, body, delivery.headers(body))
                hook.last_status, hook.last_words = delivery.status_code, delivery.status

    def _hooks(self, repo: Repository) -> Iterator[tuple[Hook, tuple[str, int]]]:
        for hook in repo.hooks.values():
            yield hook, ("repository", repo.id)
        if self._world.app_hook:
            yield self._world.app_hook, ("integration", APP_ID)

    def _look(self, repo: Repository) -> Seen:
        copied = msgspec.msgpack.decode(msgspec.msgpack.encode(repo), type=Repository)
        return Seen(copied, {ref.name: ref for ref in self._world.git(repo).refs()})
