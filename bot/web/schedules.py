"""What is scheduled, as a page and in the API, with the next times of each."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, HTTPException, Query
from fastapi.responses import HTMLResponse
from pydantic import BaseModel

from bot.grammar import joined
from bot.schedules import CATCH_UP
from bot.web.entrance import Reader, Visitor
from bot.web.site import Site
from flows.engine.phrase import parse
from flows.engine.schedule import BadSchedule
from storage import schedules
from storage.records import ScheduleRecord

PAGE = 50
MOST = 200


class ScheduleEntry(BaseModel):
    """A command that is given again and again; `trouble` says why it paused itself.

    `upcoming` are its next times, in its own zone; it has none while it is paused.
    """

    id: str
    schedule: str
    command: str
    flow: str
    project: str
    owner: str
    platform: str
    posts: Literal["everything", "news"]
    catch_up: Literal["skip", "once", "all"]
    paused: bool
    trouble: str
    last_at: datetime | None
    upcoming: list[datetime]


class SchedulePage(BaseModel):
    """Schedules by id; `next` is the cursor of the next page, null on the last."""

    schedules: list[ScheduleEntry]
    next: str | None


@dataclass(frozen=True, slots=True)
class Seen:
    """A schedule, with its next times as its clocks show them."""

    record: ScheduleRecord
    times: tuple[tuple[datetime, str], ...]


def router(site: Site) -> APIRouter:
    """Return the routes of the page and of the API."""
    routes = APIRouter()

    @routes.get("/schedules", response_class=HTMLResponse, include_in_schema=False)
    async def schedules_page(visitor: Reader, after: str = "") -> str:
        return await page_of(site, visitor, after)

    @routes.get("/api/v1/schedules", summary="List what is scheduled", tags=["read"])
    async def list_schedules(
        _: Reader,
        limit: Annotated[int, Query(ge=1, le=MOST)] = PAGE,
        after: Annotated[str, Query(description="`next` of the page before")] = "",
    ) -> SchedulePage:
        found, following = await _read(site, limit, after)
        return SchedulePage(schedules=[_entry(each) for each in found], next=following or None)

    @routes.get("/api/v1/schedules/{schedule_id}", summary="Read one schedule", tags=["read"])
    async def read_schedule(schedule_id: str, _: Reader) -> ScheduleEntry:
        return await one(site, schedule_id)

    return routes


async def one(site: Site, schedule_id: str) -> ScheduleEntry:
    """Return a schedule with its next times; raises HTTPException where there is none."""
    async with site.database.read() as connection:
        found = await schedules.get(connection, schedule_id)
    if found is None:
        raise HTTPException(404, "There is no schedule with this id.")
    return _entry(Seen(found, _times(found, site.clock())))


def command_of(when: str, command: str, catch_up: str, *, only_news: bool) -> str:
    """Return the words that make a schedule, as somebody would type them in the chat."""
    options = ["--only-news"] if only_news else []
    return f"{joined(['schedule', *options, '--catch-up', catch_up, f'{when} '])} {command}"


async def page_of(
    site: Site, visitor: Visitor, after: str = "", typed: Mapping[str, str] | None = None
) -> str:
    """Return the page of schedules, with its form as somebody has filled it in."""
    found, following = await _read(site, PAGE, after)
    return site.layout.page(
        "schedules.html",
        schedules=found,
        after=after,
        following=following,
        visitor=visitor,
        typed=typed or {},
        catch_ups=CATCH_UP,
    )


async def _read(site: Site, limit: int, after: str) -> tuple[list[Seen], str]:
    """Return a page of schedules, and the cursor of the next one."""
    async with site.database.read() as connection:
        found = await schedules.page(connection, limit=limit + 1, after=after)
    now = site.clock()
    seen = [Seen(each, _times(each, now)) for each in found[:limit]]
    return seen, found[limit - 1].id if len(found) > limit else ""


def _times(record: ScheduleRecord, now: datetime) -> tuple[tuple[datetime, str], ...]:
    if record.paused:
        return ()
    with suppress(BadSchedule):  # its zone is gone: it is about to pause itself
        schedule = parse(record.text, now)
        return tuple((schedule.wall(at), schedule.shown(at)) for at in schedule.upcoming(now))
    return ()


def _entry(seen: Seen) -> ScheduleEntry:
    record = seen.record
    return ScheduleEntry.model_validate(
        {
            "id": record.id,
            "schedule": record.text,
            "command": record.command,
            "flow": record.flow,
            "project": record.project,
            "owner": record.owner.get("name", ""),
            "platform": record.owner.get("platform", ""),
            "posts": record.origin.get("tells", "everything"),
            "catch_up": record.catch_up,
            "paused": record.paused,
            "trouble": record.trouble,
            "last_at": record.last_at,
            "upcoming": [at for at, _ in seen.times],
        }
    )
