"""How somebody is treated now, and what others may know of their time, in words; pure."""

from datetime import datetime
from zoneinfo import ZoneInfo

from bot.people.preferences import shown_days
from bot.times import clock, said
from bot.words import PLATFORMS
from flows.report import Block, Code, Inline, Line, bullets, facts
from storage.people import Person, PersonSettings

PROOFS = {
    "email": "the same e-mail address",
    "link": "you linked it",
    "admin": "an admin said so",
    "seen": "you are known by it",
}


def account(person: str) -> str:
    """Return `U1 on Slack` of `slack:U1`, for somebody whose name is not known."""
    platform, _, name = person.partition(":")
    return f"{name} on {PLATFORMS.get(platform, platform)}" if name else person


def standing(settings: PersonSettings, now: datetime) -> str:
    """Say what the bot does with messages for somebody now."""
    until = settings.free_at(now, now)
    there = local(settings, now)
    then = said(until, now, settings.zone)
    if until <= now:
        if not settings.has_hours:
            return f"{there}. Messages come at any time."
        end = said(settings.work.end_of_work(now), now, settings.zone)
        return f"{there}, within your hours: messages come at once, until {end}."
    if settings.away(now):
        return f"{there}, and you are away{_why(settings)}: messages wait until {then}."
    if holiday := settings.work.holiday(now):
        return f"{there}, and it is {holiday}: messages wait until {then}."
    if settings.quiet:
        return f"{there}. You want quiet: messages come together at {then}."
    return f"{there}, outside your hours: messages wait until {then}."


def local(settings: PersonSettings, now: datetime) -> str:
    """Return `It is 18:40 in Berlin`."""
    zone = settings.zone or "UTC"
    where = zone.rpartition("/")[2].replace("_", " ")
    return f"It is {now.astimezone(ZoneInfo(zone)):%H:%M} in {where}"


def settings_of(settings: PersonSettings, now: datetime) -> tuple[Block, ...]:
    """Return what is set, and how each is changed."""
    hours = "at any time"
    if settings.has_hours:
        days = shown_days(settings.days)
        hours = f"{clock(settings.begin)}–{clock(settings.end)}, {days}"
    away = "no"
    if settings.away(now) and settings.away_until:
        away = f"until {said(settings.away_until, now, settings.zone)}{_why(settings)}"
    queue = settings.queue_at
    shown = facts(
        "Your time",
        zone=settings.zone or "not set: times are in UTC",
        messages=hours,
        holidays=settings.holidays or "none are known",
        away=away,
        quiet="on: one message at the start of your day" if settings.quiet else "off",
        mentions="on" if settings.mentions else "off: your name is never a ping",
        queue="off" if queue is None else f"at {clock(queue)}: what waits for you",
        news="on: when something of yours moves" if settings.news else "off",
        pins=", ".join(settings.pins) or "none",
    )
    ways: list[Line] = [
        (Code(f"/flow {each}"),)
        for each in (
            "me zone Europe/Berlin",
            "me hours 09:00-17:00 mon-fri",
            "me holidays DE-BE",
            "me queue 09:30",
            "me news on",
            "me quiet on",
            "me mentions off",
            "me pins acme/shop",
            "away until friday On holiday",
            "link github",
        )
    ]
    return shown, bullets(ways, "Change it")


def identities_of(person: Person) -> Block:
    """Return who somebody is on each platform, and why that is believed."""
    rows: dict[str, Inline | Line] = {}
    for each in person.identities:
        name = PLATFORMS.get(each.platform, each.platform)
        key = name if name not in rows else f"{name} ({each.id})"
        rows[key] = f"{each.name}: {PROOFS[each.proof]}"
    for platform, name in PLATFORMS.items():
        if not person.on(platform):
            rows[name] = ("not known yet: ", Code(f"/flow link {platform}"))
    return facts("You", **rows)


def whereabouts(person: Person, now: datetime, reader: str) -> str:
    """Say what others may know of somebody's time, by the clocks of the reader's zone."""
    settings = person.settings
    there = local(settings, now) if settings.zone else "Their time zone is not known"
    if settings.away(now) and settings.away_until:
        until = _theirs(settings.away_until, settings, now, reader)
        return f"{there}. Away until {until}{_why(settings)}."
    if not settings.has_hours:
        return f"{there}. They have not said when they work."
    if settings.work.is_working(now):
        end = _theirs(settings.work.end_of_work(now), settings, now, reader)
        return f"{there}: at work until {end}."
    start = _theirs(settings.work.next_start(now), settings, now, reader)
    holiday = settings.work.holiday(now)
    return f"{there}{f' ({holiday})' if holiday else ''}: not at work until {start}."


def _theirs(at: datetime, settings: PersonSettings, now: datetime, reader: str) -> str:
    """Return a time of somebody for somebody else."""
    if settings.zone == reader:
        return said(at, now, reader)
    return (
        f"{said(at, now, reader)} your time" if reader else f"{said(at, now, settings.zone)} there"
    )


def _why(settings: PersonSettings) -> str:
    return f" ({settings.away_why})" if settings.away_why else ""
