"""Turn what a meeting decided into issues with owners and days, and ask after them until done."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Literal

import msgspec
from pydantic import Field

from flows import FlowError, Params, Report, Role, Run, Shortcut, effect, flow
from flows.analysis.actions import Item, item_from, items_of
from flows.analysis.agenda import agenda_of, filed, outcome, proposal, reminder, ticket_from
from flows.engine.talk import Said
from flows.engine.waiting import TITLE_LENGTH
from integrations.trackers import Ticket, TrackerReader

AGAIN, ENOUGH = "Ask again in a week", "Leave it"
A_WEEK, A_DAY = timedelta(weeks=1), timedelta(days=1)
NONE = (
    "I found no action item here. Begin a line with “To do:” or [ ], or write “@name please …”; "
    "a day after “by” is when it is due."
)


class Meeting(Params):
    repo: str = Field(description="Repository whose work it is about", examples=["acme/shop"])
    what: Literal["actions", "agenda"] = Field(
        "actions", description="Action items of a thread, or the agenda of the next meeting"
    )
    text: str = Field("", description="What is to be done; empty: what the thread says")
    link: str = Field("", description="Address of the message, else the thread that this is in")
    author: str = Field("", description="Who wrote it; empty: who runs this")
    reminders: int = Field(3, ge=0, le=12, description="How often to ask after what is open")


@flow(
    alias="meeting",
    role=Role.OPERATOR,
    budget=60,
    examples=[
        "meeting acme/shop",
        "meeting acme/shop agenda",
        'meeting acme/shop text="@bo please renew the certificate by Friday"',
    ],
    phrases=["what should we talk about in {repo}?", "what did we decide in {repo}?"],
    shortcuts=[Shortcut("Action item", "text", "link", "author")],
)
async def meeting_automation(run: Run, params: Meeting) -> Report:
    """Find action items by rule; nobody gets an issue that was not in the plan."""
    repo, tracker = params.repo, run.tracker
    if params.what == "agenda":
        tickets = await run.step("List the open issues", _open, tracker)
        pulls = await run.step("List the open pull requests", run.github.open_pulls, repo)
        return agenda_of(tickets, pulls, run.started)
    items = await _items(run, params)
    if not items:
        raise FlowError(NONE)
    people = await run.step("Ask whom issues can be assigned to", tracker.people)
    key = run.identity.id
    wanted = [
        ticket_from(item, people, f"{key}:{number}", run.started)
        for number, item in enumerate(items)
    ]
    makings = [
        effect(
            f"Issue {number}: {new.title}"[:TITLE_LENGTH],
            do=partial(tracker.ensure_issue, new),
            undo=partial(tracker.delete_issue, new),
        )
        for number, new in enumerate(wanted, start=1)
    ]
    done = await run.apply(*makings, show=proposal(wanted, items))
    keys = [done[each].key for each in makings]
    due = max((each.due_on for each in wanted if each.due_on), default=None)
    days = (due - run.started.date()).days + 1 if due else 7
    wait = timedelta(days=max(1, days))
    asking = run.started + wait if params.reminders else None
    await run.tell(filed([done[each] for each in makings], asking))
    place = "linear:issue:" if run.settings.linear_team else f"github:issue:{repo}"

    for number in range(1, params.reminders + 1):
        finished = await run.until(
            f"the action items to be done ({number})",
            _all_done, tracker, keys,
            on=tuple(f"{place}{each}" for each in keys), within=wait, every=A_DAY,
        )  # fmt: skip
        if finished:
            break
        now = await run.step(f"See what is open ({number})", _those, tracker, keys)
        question = reminder(now, number)
        if await run.ask(question, (AGAIN, ENOUGH), within=A_WEEK) == ENOUGH:
            break
        wait = A_WEEK
    return outcome(await run.step("See what became of them", _those, tracker, keys))


async def _items(run: Run, params: Meeting) -> list[Item]:
    by, today = params.author or run.actor, run.started.date()
    if params.text:
        said = [Said(by, params.text, run.started, params.link)]
        return items_of(said) or [item_from(params.text, by, today, params.link)]
    said = await run.step("Read the thread", run.chat.thread, run.place, params.link)
    return items_of(said)


async def _open(tracker: TrackerReader) -> list[Ticket]:
    return [msgspec.structs.replace(each, body="") for each in await tracker.open_issues()]


async def _those(tracker: TrackerReader, keys: Sequence[str]) -> list[Ticket]:
    return [await tracker.issue(key) for key in keys]


async def _all_done(tracker: TrackerReader, keys: Sequence[str]) -> bool | None:
    """Return whether none is open any more; None as long as one is."""
    return None if any(each.is_open for each in await _those(tracker, keys)) else True
