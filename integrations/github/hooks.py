"""Hooks and what was delivered to them; what failed may be asked for again."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from integrations.errors import Refused
from integrations.github import models, wire
from integrations.github.places import ANYWHERE, Place, place
from integrations.github.topic import Topic
from integrations.github.wire import LONG_AGO

FAILED = {"status": "failure"}


class Config(wire.Wire, frozen=True):
    url: str | None = None


class Hook(wire.Wire, frozen=True):
    id: int
    active: bool | None = None
    events: list[str] | None = None
    config: Config | None = None

    def model(self) -> models.Hook:
        return models.Hook(
            id=self.id,
            url=(self.config.url if self.config else None) or "",
            active=bool(self.active),
            events=tuple(self.events or ()),
        )


class Attempt(wire.Wire, frozen=True):
    id: int
    guid: str
    delivered_at: datetime | None = None
    redelivery: bool | None = None
    status: str | None = None
    event: str | None = None
    action: str | None = None

    def model(self) -> models.HookDelivery:
        return models.HookDelivery(
            id=self.id,
            guid=self.guid,
            at=self.delivered_at or LONG_AGO,
            again=bool(self.redelivery),
            status=self.status or "",
            event=self.event or "",
            action=self.action or "",
        )


class HookReads(Topic):
    async def hooks(self, repo: str) -> list[models.Hook]:
        """Return the hooks of a repository, where this bot may see them."""
        pages = self._api.pages(place(repo), "/hooks", list[Hook])
        return [hook.model() async for page in pages for hook in page]

    async def deliveries(self, repo: str, hook: int, since: datetime) -> list[models.HookDelivery]:
        """Return every attempt to reach a hook since then, newest first; three days at most."""
        return await self._attempts(place(repo), f"/hooks/{hook}/deliveries", since, {})

    async def failed_deliveries(
        self, repo: str, hook: int, since: datetime
    ) -> list[models.HookDelivery]:
        """Return what a hook did not get since then, newest first; GitHub keeps three days."""
        return await self._attempts(place(repo), f"/hooks/{hook}/deliveries", since, FAILED)

    async def failed_deliveries_of_app(self, since: datetime) -> list[models.HookDelivery]:
        """Return what the App's own hook did not get since then, newest first."""
        return await self._attempts(ANYWHERE, "/app/hook/deliveries", since, FAILED)

    async def _attempts(
        self, where: Place, path: str, since: datetime, params: Mapping[str, str]
    ) -> list[models.HookDelivery]:
        found: list[models.HookDelivery] = []
        async for page in self._api.pages(where, path, list[Attempt], params=params):
            late = [attempt.model() for attempt in page]
            found += [attempt for attempt in late if attempt.at >= since]
            if any(attempt.at < since for attempt in late):
                break
        return found


class HookWrites(HookReads):
    async def ensure_hook(
        self, repo: str, url: str, events: Sequence[str], secret: str
    ) -> models.Hook:
        """Have GitHub tell an address of these events, signed with the secret; one per address.

        GitHub shows no secret, so that of a hook which is there is set anew only with its events.
        """
        config = {"url": url, "content_type": "json", "secret": secret}
        wanted: dict[str, object] = {"events": sorted(events), "active": True, "config": config}
        found = await self._hook(repo, url)
        if found and (sorted(found.events), found.active) == (sorted(events), True):
            return found
        method, path = ("PATCH", f"/hooks/{found.id}") if found else ("POST", "/hooks")
        try:
            answer = await self._api.change(place(repo), method, path, wanted)
        except Refused:
            found = await self._hook(repo, url)  # somebody may have been faster
            if found is None or (sorted(found.events), found.active) != (sorted(events), True):
                raise
            return found
        return answer.decode(Hook).model()

    async def delete_hook(self, repo: str, url: str) -> None:
        """Have GitHub tell an address nothing more of a repository."""
        if found := await self._hook(repo, url):
            await self._api.delete(place(repo), f"/hooks/{found.id}")

    async def _hook(self, repo: str, url: str) -> models.Hook | None:
        return next((each for each in await self.hooks(repo) if each.url == url), None)

    async def ensure_redelivery(self, repo: str, hook: int, delivery: int) -> None:
        """Ask for one more attempt; the receiver knows a repeated one by its guid."""
        path = f"/hooks/{hook}/deliveries/{delivery}/attempts"
        await self._api.change(place(repo), "POST", path)

    async def ensure_redelivery_to_app(self, delivery: int) -> None:
        """Ask for one more attempt to reach the App's own hook."""
        path = f"/app/hook/deliveries/{delivery}/attempts"
        await self._api.change(ANYWHERE, "POST", path)
