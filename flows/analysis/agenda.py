"""What a meeting has to talk about, and what became of what it decided; pure."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from flows.analysis.actions import Item, person_of
from flows.analysis.notes import plain
from flows.analysis.versions import label_words
from flows.analysis.words import counted
from flows.report import Block, Bullets, Inline, Line, Link, Report, Tone, bullets, table
from integrations.github import Pull
from integrations.trackers import NewTicket, Ticket

STALE = timedelta(days=14)
WAITING = timedelta(days=7)
BLOCKED = frozenset({"blocked", "blocker", "on hold", "waiting"})
MOST = 10
NONE = (
    "I found no action item here. Begin a line with “To do:” or [ ], or write “@name please …”; "
    "a day after “by” is when it is due."
)
MINUTES = 3  # for each topic


def agenda_of(tickets: Sequence[Ticket], pulls: Iterable[Pull], now: datetime) -> Report:
    """Return what is blocked, overdue, left alone or waits for review, with who can move it."""
    today = now.date()
    blocked = [each for each in tickets if {label_words(name) for name in each.labels} & BLOCKED]
    overdue = [each for each in tickets if each.due_on and each.due_on < today]
    begun = [each for each in tickets if each.kind == "started" or each.people]
    stale = [each for each in begun if now - each.updated_at > STALE]
    waiting = [each for each in pulls if not each.draft and now - each.created_at > WAITING]
    sections = [
        _topic("Blocked", [_line(each, "since when, and who can help?") for each in blocked]),
        _topic("Overdue", [_line(each, f"was due {each.due_on:%d %b}") for each in overdue]),
        _topic("Begun and left alone", [_line(each, _untouched(each, now)) for each in stale]),
        _topic(
            "Waits for review",
            [
                (
                    Link(f"#{each.number} {each.title}", each.url),
                    f", {each.author}: open for {(now - each.created_at).days} days",
                )
                for each in waiting
            ],
        ),
    ]
    kept = tuple(each for each in sections if each.items)
    count = sum(len(each.items) for each in kept)
    if not count:
        said = "Nothing is blocked, overdue, left alone or waits for review: no need to meet."
        return Report(f"Agenda for {today:%d %b}", said, "good")
    minutes = counted(count * MINUTES, "minute")
    said = f"{counted(count, 'topic')}, about {minutes} at {MINUTES} each."
    return Report(f"Agenda for {today:%d %b}", said, "neutral", kept, {"topics": count})


def ticket_from(item: Item, people: Sequence[str], key: str, since: datetime) -> NewTicket:
    """Return the issue of an action item; whom the tracker does not know is named in its text."""
    person = person_of(item.owner, people) if item.owner else ""
    lines = [f"From what {plain(item.said_by)} wrote."]
    if item.owner and not person:
        lines.append(f"It is for {plain(item.owner)}.")
    if item.link.startswith("https://"):
        lines.append(f"[The message]({item.link})")
    return NewTicket(
        key, since, item.what, "\n\n".join(lines), ("action item",), person, item.due_on
    )


def proposal(wanted: Sequence[NewTicket], items: Sequence[Item]) -> Report:
    """Return the action items as people check them before issues are made."""
    rows: list[tuple[Inline, ...]] = [
        (each.title, each.person or f"{item.owner or 'nobody'} (not assigned)", _day(each.due_on))
        for each, item in zip(wanted, items, strict=True)
    ]
    nobody = sum(not each.person for each in wanted)
    said = f"{counted(len(wanted), 'action item')}"
    said += f", {nobody} of them for nobody that the tracker knows." if nobody else "."
    tone: Tone = "warn" if nobody else "neutral"
    return Report("Action items", said, tone, (table(["What", "Who", "Due"], rows),))


def patience(wanted: Sequence[NewTicket], now: datetime) -> timedelta:
    """Return how long to wait before asking: until the last one is due, a week without a day."""
    due = max((each.due_on for each in wanted if each.due_on), default=None)
    days = (due - now.date()).days + 1 if due else 7
    return timedelta(days=max(1, days))


def filed(tickets: Sequence[Ticket], ask: datetime | None) -> Report:
    """Return what a thread is told once the issues are there, and when it is asked next."""
    after = f"I ask after them on {ask:%d %b}." if ask else ""
    lines = [_line(each, _due(each)) for each in tickets[:MOST]]
    more: list[Line] = [(f"… {len(tickets) - MOST} more",)] if len(tickets) > MOST else []
    said = f"{counted(len(tickets), 'action item')} filed"
    return Report(said, after, "good", (bullets([*lines, *more]),))


def outcome(tickets: Sequence[Ticket]) -> Report:
    """Return what became of the action items, those that are owed first."""
    left = [each for each in tickets if each.is_open]
    done = [each for each in tickets if not each.is_open]
    blocks: list[Block] = []
    if left:
        blocks.append(bullets([_line(each, _due(each)) for each in left], "Still open"))
    if done:
        blocks.append(bullets([_line(each, each.state) for each in done], "Done"))
    said = f"{len(done)} of {counted(len(tickets), 'action item')} done."
    data = {"done": len(done), "open": len(left)}
    return Report("Action items", said, "warn" if left else "good", tuple(blocks), data)


def reminder(tickets: Sequence[Ticket], number: int) -> str:
    """Return the question by which people are reminded of what is open, for the n-th time."""
    left = [each for each in tickets if each.is_open]
    named = [f"{each.key} ({', '.join(each.people) or 'nobody'})" for each in left[:MOST]]
    more = f" and {len(left) - MOST} more" if len(left) > MOST else ""
    count = counted(len(tickets), "action item")
    said = f"{len(left)} of {count} still open: {', '.join(named)}{more}."
    return said if number == 1 else f"{said} (asked {number} times)"


def _topic(title: str, lines: Sequence[Line]) -> Bullets:
    more: list[Line] = [(f"… {len(lines) - MOST} more",)] if len(lines) > MOST else []
    return bullets([*lines[:MOST], *more], title)


def _line(ticket: Ticket, said: str) -> Line:
    who = ", ".join(ticket.people) or "nobody has it"
    return (Link(f"{ticket.key} {ticket.title}", ticket.url), f", {who}: {said}")


def _untouched(ticket: Ticket, now: datetime) -> str:
    return f"untouched for {(now - ticket.updated_at).days} days"


def _due(ticket: Ticket) -> str:
    return f"due {_day(ticket.due_on)}" if ticket.due_on else "no day was set"


def _day(day: date | None) -> str:
    return f"{day:%d %b}" if day else "–"
