"""How an emulated Linear tells of changes: signed deliveries, repeated where nobody took them."""

import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import msgspec

from integrations.emulators.linear.payloads import (
    KINDS,
    Json,
    actor_of,
    camel,
    data_of,
    plain,
    url_of,
)
from integrations.emulators.linear.records import Entity, User, Webhook, WebhookFailureEvent
from integrations.emulators.post import Post

if TYPE_CHECKING:
    from integrations.emulators.linear.world import LinearWorld

PATIENCE = 5.0  # seconds
AGAIN_AFTER = (timedelta(minutes=1), timedelta(hours=1), timedelta(hours=6))
TAKEN = 200
# Linear does not say after how many; here it is so many deliveries in a row that nobody took.
OFF_AFTER = 5
_SEED = UUID("6b1f3f60-2c3c-4d5e-8a9f-3f8c64c1a0d7")


@dataclass(slots=True)
class Delivery:
    """One body for one webhook, and what became of it so far."""

    hook: Webhook
    id: str
    kind: str
    body: bytes
    due: datetime
    statuses: list[int] = field(default_factory=list)

    def headers(self, now: datetime) -> dict[str, str]:
        """Return what Linear sends along."""
        return {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Linear-Webhook",
            "Linear-Delivery": self.id,
            "Linear-Event": self.kind,
            "Linear-Timestamp": str(_milliseconds(now)),
            "Linear-Signature": hmac.digest(self.hook.secret.encode(), self.body, "sha256").hex(),
        }


class Courier:
    """Notes what changed for every webhook, and delivers it when told to."""

    def __init__(self, world: "LinearWorld") -> None:
        self._world = world
        self.hooks: list[Webhook] = []
        self.sent = 0
        self.waiting: list[Delivery] = []
        self.log: list[Delivery] = []

    def hook(self, url: str, secret: str, *types: str) -> Webhook:
        """Add a webhook; without types it hears of everything."""
        made = self._world.make(
            Webhook, url=url, secret=secret, resource_types=list(types or KINDS.values())
        )
        self.hooks.append(made)
        return made

    def note(
        self, action: str, thing: Entity, by: User, before: dict[str, object] | None = None
    ) -> None:
        """Note a change; `before` holds the earlier values, by their names here."""
        kind, world = KINDS.get(type(thing)), self._world
        if kind is None or not self.hooks:
            return
        told: Json = {
            "action": action,
            "actor": actor_of(by),
            "createdAt": world.clock,
            "data": data_of(thing),
            "type": kind,
            "organizationId": world.organization.id,
            "url": url_of(thing),
            "webhookTimestamp": _milliseconds(world.clock),
        }
        if before is not None:
            told["updatedFrom"] = {camel(name): plain(value) for name, value in before.items()}
        for hook in self.hooks:
            if hook.enabled and kind in hook.resource_types and _concerns(thing, hook):
                body = msgspec.json.encode({**told, "webhookId": hook.id})
                number = str(uuid5(_SEED, str(self.sent)))
                self.sent += 1
                delivery = Delivery(hook, number, kind, body, world.clock)
                self.log.append(delivery)
                self.waiting.append(delivery)

    async def deliver(self) -> None:
        """Send what is due; what is not taken is due again later, three times in all."""
        now = self._world.clock
        due = [each for each in self.waiting if each.due <= now]
        if not due:
            return
        async with Post(PATIENCE) as post:
            for delivery in due:
                self.waiting.remove(delivery)
                hook, headers = delivery.hook, delivery.headers(now)
                status = (await post.send(hook.url, delivery.body, headers)).status
                delivery.statuses.append(status)
                tried = len(delivery.statuses)
                if status == TAKEN:
                    hook.given_up = 0
                    continue
                self._failed(delivery, status)
                if tried <= len(AGAIN_AFTER):
                    delivery.due = now + AGAIN_AFTER[tried - 1]
                    self.waiting.append(delivery)
                    continue
                hook.given_up += 1
                if hook.given_up >= OFF_AFTER:
                    hook.enabled = False
        self._world.save()

    def _failed(self, delivery: Delivery, status: int) -> None:
        """Note for the admins that nobody took a delivery."""
        hook = delivery.hook
        failure = self._world.make(
            WebhookFailureEvent,
            webhook=hook,
            url=hook.url,
            execution_id=delivery.id,
            http_status=float(status) if status else None,
            response_or_error=None if status else "No answer",
        )
        hook.failures.append(failure)


def _concerns(thing: Entity, hook: Webhook) -> bool:
    """Return whether a webhook of one team hears of this; what has no team does not."""
    if hook.team is None:
        return True
    issue = getattr(thing, "issue", None)
    team = getattr(issue or thing, "team", None)
    teams = getattr(thing, "teams", None) or getattr(getattr(thing, "project", None), "teams", [])
    return hook.team is team or hook.team in teams


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
