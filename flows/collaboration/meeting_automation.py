"""Turn what a meeting decided into issues with owners and days, and ask after them until done."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from flows import FlowError, Params, Report, Role, Run, Shortcut, flow
from flows.analysis import agenda
from flows.analysis.actions import Item, item_from, items_of
from flows.analysis.filing import all_done, called, filing, still_open
from flows.analysis.threads import said_in

AGAIN, ENOUGH = "Ask again in a week", "Leave it"
A_WEEK, A_DAY = timedelta(weeks=1), timedelta(days=1)


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
        tickets = await run.step("List the open issues", still_open, tracker)
        pulls = await run.step("List the open pull requests", run.github.open_pulls, repo)
        return agenda.agenda_of(tickets, pulls, run.started)
    items = await _items(run, params)
    if not items:
        raise FlowError(agenda.NONE)
    people = await run.step("Ask whom issues can be assigned to", tracker.people)
    key = run.identity.id
    wanted = [
        agenda.ticket_from(item, people, f"{key}:{number}", run.started)
        for number, item in enumerate(items)
    ]
    makings = [
        filing(tracker, new, f"Issue {number}: {new.title}")
        for number, new in enumerate(wanted, start=1)
    ]
    done = await run.apply(*makings, show=agenda.proposal(wanted, items))
    keys = [done[each].key for each in makings]
    wait = agenda.patience(wanted, run.started)
    asking = run.started + wait if params.reminders else None
    await run.tell(agenda.filed([done[each] for each in makings], asking))
    place = "linear:issue:" if run.settings.linear_team else f"github:issue:{repo}"

    for number in range(1, params.reminders + 1):
        finished = await run.until(
            f"the action items to be done ({number})",
            all_done, tracker, keys,
            on=tuple(f"{place}{each}" for each in keys), within=wait, every=A_DAY,
        )  # fmt: skip
        if finished:
            break
        now = await run.step(f"See what is open ({number})", called, tracker, keys)
        question = agenda.reminder(now, number)
        if await run.ask(question, (AGAIN, ENOUGH), within=A_WEEK) == ENOUGH:
            break
        wait = A_WEEK
    return agenda.outcome(await run.step("See what became of them", called, tracker, keys))


async def _items(run: Run, params: Meeting) -> list[Item]:
    said = await said_in(run, params.text, params.author, params.link)
    found = items_of(said)
    if params.text and not found:
        by, today = params.author or run.actor, run.started.date()
        return [item_from(params.text, by, today, params.link)]
    return found
