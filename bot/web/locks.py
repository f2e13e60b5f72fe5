"""Who holds which lock and who waits for it, as a page and in the API."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from bot.chat import Actor
from bot.locks import EXAMPLE, LONGEST_REASON
from bot.web.entrance import Reader, Visitor
from bot.web.site import Site
from storage import locks
from storage.records import LockRecord


class LockWish(BaseModel):
    """Who holds a lock, or waits for it: a person, or where `run_id` is set their run."""

    by: str
    platform: str
    run_id: str | None
    reason: str
    asked_at: datetime


class LockEntry(BaseModel):
    """A lock that is held: since when, until when (null: until it is let go), and its line."""

    name: str
    holder: LockWish
    held_at: datetime
    until: datetime | None
    line: list[LockWish]


@dataclass(frozen=True, slots=True)
class Seen:
    """A lock that is held, and those who wait for it, in their order.

    `own` is what the visitor holds of it, or waits for.
    """

    held: LockRecord
    line: tuple[LockRecord, ...]
    own: LockRecord | None

    @property
    def is_waited_for(self) -> bool:
        """Say whether the visitor is in the line, without having lent it to a run of theirs."""
        return bool(self.own and not self.own.held_at and self.own.ahead != locks.LENDS)


def router(site: Site) -> APIRouter:
    """Return the routes of the page and of the API."""
    routes = APIRouter()

    @routes.get("/locks", response_class=HTMLResponse, include_in_schema=False)
    async def locks_page(visitor: Reader, name: str = "") -> str:
        return await page_of(site, visitor, {"name": name})

    @routes.get("/api/v1/locks", summary="List the locks that are held", tags=["read"])
    async def list_locks(_: Reader) -> list[LockEntry]:
        return [_entry(each) for each in await _read(site)]

    return routes


async def page_of(site: Site, visitor: Visitor, typed: Mapping[str, str]) -> str:
    """Return the page of locks, with its forms as somebody has filled them in."""
    return site.layout.page(
        "locks.html",
        locks=await _read(site, visitor.actor),
        visitor=visitor,
        typed=typed,
        example=EXAMPLE,
        longest=LONGEST_REASON,
    )


async def one(site: Site, name: str) -> LockEntry | None:
    """Return how a lock stands; None where nobody holds it."""
    return next((_entry(each) for each in await _read(site) if each.held.name == name), None)


async def _read(site: Site, by: Actor | None = None) -> list[Seen]:
    async with site.database.read() as connection:
        found = await locks.every(connection)
    lines: dict[str, list[LockRecord]] = {}
    for each in found:
        lines.setdefault(each.name, []).append(each)
    return [
        Seen(held, tuple(line), _own((held, *line), by))
        for held, *line in lines.values()
        if held.held_at
    ]


def _own(line: Iterable[LockRecord], by: Actor | None) -> LockRecord | None:
    who = f"{by.platform}:{by.id}" if by else ""
    return next((each for each in line if not each.run_id and each.who == who), None)


def _entry(seen: Seen) -> LockEntry:
    return LockEntry.model_validate(
        {
            "name": seen.held.name,
            "holder": _wish(seen.held),
            "held_at": seen.held.held_at,
            "until": seen.held.until,
            "line": [_wish(each) for each in seen.line],
        }
    )


def _wish(record: LockRecord) -> LockWish:
    return LockWish(
        by=record.by.get("name", ""),
        platform=record.by.get("platform", ""),
        run_id=record.run_id or None,
        reason=record.reason,
        asked_at=record.asked_at,
    )
