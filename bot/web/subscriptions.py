"""What channels follow, and how each subscription is, as pages and in the API."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from bot.grammar import joined
from bot.subscriptions import telling
from bot.subscriptions.standing import sent_in_a_week, with_troubles
from bot.subscriptions.wishes import Rule, rule_of
from bot.web.entrance import Reader, Visitor
from bot.web.site import Site
from flows.report import Channel, spoken
from storage import subscriptions
from storage.channels import Place
from storage.followed_records import SubscriptionRecord

PAGE = 50
MOST = 200
END = "unsubscribe"
CHANGES = frozenset({"pause", "resume", END})
GONE = "There is no subscription with this id."


class SubscriptionEntry(BaseModel):
    """What a channel follows; `trouble` says why nothing comes of it, `health` how it is.

    `features` holds the filter of each feature, "" where everything gets through; `lasts` is for
    how many seconds a workflow has to be broken before that is told.
    """

    id: str
    platform: str
    channel: str
    pattern: str
    features: dict[str, str]
    lasts: int
    changes_only: bool
    command: str
    owner: str
    paused: bool
    trouble: str
    health: str
    sent: int
    sent_in_a_week: int
    last_at: datetime | None
    created_at: datetime


class SubscriptionPage(BaseModel):
    """Subscriptions by channel; `next` is the cursor of the next page, null on the last."""

    subscriptions: list[SubscriptionEntry]
    next: str | None


class Message(BaseModel):
    """What would have been sent of one feature."""

    feature: str
    text: str
    at: datetime


class LastWeek(BaseModel):
    """What a subscription would have sent over the last week, as it is set now, newest first.

    `note` says what was left out, and why.
    """

    messages: list[Message]
    note: str


@dataclass(frozen=True, slots=True)
class Seen:
    """A subscription as the page shows it."""

    record: SubscriptionRecord
    rule: Rule
    health: str
    of_late: int
    name: str = ""

    @property
    def place(self) -> str:
        """Return which channel follows."""
        return str(Channel(self.record.platform, self.record.channel, self.name))

    @property
    def is_well(self) -> bool:
        """Say whether nothing is wrong with it."""
        return self.health == telling.WELL

    @property
    def shared(self) -> str | None:
        """Return the one filter of all features, None where they differ."""
        filters = set(self.rule.features.values())
        return filters.pop() if len(filters) == 1 else None


def router(site: Site) -> APIRouter:
    """Return the routes of the pages and of the API."""
    routes = APIRouter()

    @routes.get("/subscriptions", response_class=HTMLResponse, include_in_schema=False)
    async def subscriptions_page(visitor: Reader, after: str = "") -> str:
        return await page_of(site, visitor, after)

    @routes.get("/subscriptions/{subscription_id}", include_in_schema=False)
    async def subscription_page(subscription_id: str, visitor: Reader) -> HTMLResponse:
        return HTMLResponse(await _page_of_one(site, visitor, subscription_id))

    @routes.get("/api/v1/subscriptions", summary="List what channels follow", tags=["read"])
    async def list_subscriptions(
        _: Reader,
        limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
        after: Annotated[str, Query(description="`next` of the page before")] = "",
    ) -> SubscriptionPage:
        found, following = await _read(site, limit, after)
        entries = [_entry(each) for each in found]
        return SubscriptionPage(subscriptions=entries, next=following or None)

    @routes.get(
        "/api/v1/subscriptions/{subscription_id}", summary="Read a subscription", tags=["read"]
    )
    async def read_subscription(subscription_id: str, _: Reader) -> SubscriptionEntry:
        return _entry(await _one(site, subscription_id))

    @routes.get(
        "/api/v1/subscriptions/{subscription_id}/last-week",
        summary="Look back over a week with a subscription",
        tags=["read"],
    )
    async def look_back(subscription_id: str, _: Reader) -> LastWeek:
        found = await _one(site, subscription_id)
        if site.previews is None:
            raise HTTPException(409, "Nothing looks back here.")
        preview = await site.previews.of(found.record.pattern, found.rule)
        messages = [
            Message(feature=each.feature, text="".join(map(spoken, each.line)), at=each.at)
            for each in preview.sent
        ]
        return LastWeek(messages=messages, note=preview.note)

    return routes


def command_of(verb: str, subscription_id: str) -> str:
    """Return the words that change a subscription, as somebody would type them in the chat."""
    return joined(
        [END, subscription_id] if verb == END else ["subscriptions", verb, subscription_id]
    )


async def page_of(site: Site, visitor: Visitor, after: str = "") -> str:
    """Return the page of what channels follow."""
    found, following = await _read(site, PAGE, after)
    return site.layout.page(
        "subscriptions.html",
        subscriptions=found,
        after=after,
        following=following,
        visitor=visitor,
    )


async def _page_of_one(site: Site, visitor: Visitor, subscription_id: str) -> str:
    """Return the page of one subscription, with what it would have sent over the last week."""
    found = await _one(site, subscription_id)
    preview = None
    if site.previews:
        preview = await site.previews.of(found.record.pattern, found.rule)
    report = telling.detailed(found.record, preview, site.clock())
    return site.layout.page("subscription.html", it=found, report=report, visitor=visitor)


async def _one(site: Site, subscription_id: str) -> Seen:
    """Return a subscription as it is; raises HTTPException where there is none, or it has ended."""
    async with site.database.read() as connection:
        found = await subscriptions.get(connection, subscription_id)
        if found is None or found.ended_at:
            raise HTTPException(404, GONE)
        [told] = await with_troubles(connection, [found])
        of_late = await sent_in_a_week(connection, [found], site.clock())
    names = await site.names.of([(told.platform, told.channel)])
    return _seen(told, of_late.get(told.id, 0), site.clock(), names)


async def _read(site: Site, limit: int, after: str) -> tuple[list[Seen], str]:
    """Return a page of subscriptions, and the cursor of the next one."""
    now = site.clock()
    async with site.database.read() as connection:
        found = await subscriptions.page(connection, limit=limit + 1, after=after)
        told = await with_troubles(connection, found[:limit])
        of_late = await sent_in_a_week(connection, told, now)
    names = await site.names.of([(each.platform, each.channel) for each in told])
    seen = [_seen(each, of_late.get(each.id, 0), now, names) for each in told]
    return seen, found[limit - 1].id if len(found) > limit else ""


def _seen(
    record: SubscriptionRecord, of_late: int, now: datetime, names: Mapping[Place, str]
) -> Seen:
    name = names.get((record.platform, record.channel), "")
    return Seen(record, rule_of(record.settings), telling.health(record, now), of_late, name)


def _entry(seen: Seen) -> SubscriptionEntry:
    record = seen.record
    values: dict[str, Any] = {
        "id": record.id,
        "platform": record.platform,
        "channel": record.channel,
        "pattern": record.pattern,
        "features": seen.rule.features,
        "lasts": seen.rule.lasts,
        "changes_only": seen.rule.changes_only,
        "command": telling.command_of(record),
        "owner": record.owner.get("name", ""),
        "paused": record.paused,
        "trouble": record.trouble,
        "health": seen.health,
        "sent": record.matched,
        "sent_in_a_week": seen.of_late,
        "last_at": record.last_at,
        "created_at": record.created_at,
    }
    return SubscriptionEntry(**values)
