"""Samples of what a run says: its card in every state, its plan, its report."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from bot.chat import Actor, Button, Card, News, Planned, Step
from bot.gallery.sample import PAGE, Sample
from bot.offers import CANCEL, REAL, RERUN, RETRY, TAKE_BACK, Offer
from flows.report import (
    Attachment,
    Code,
    Figure,
    Link,
    Moment,
    Person,
    Report,
    Snippet,
    bullets,
    facts,
    table,
    text,
)

AT = datetime(2026, 3, 2, 12, 1, tzinfo=UTC)
URL = f"{PAGE}/runs/6b86b273ff34fce1"
ADA = Actor("slack", "U1", "ada")
RELEASE = "release acme/api"
REPO = "https://github.com/acme/api"
WHO = "Anybody with the role maintainer other than ada can approve."
UNTIL = ("Without that it counts as declined on ", Moment(AT + timedelta(days=1)), ".")
PLANNED = (
    Planned("Tag v1.3.0 at 4fed1d8", undoable=True),
    Planned("Publish the notes of v1.3.0", undoable=True),
    Planned("Tell the customers", undoable=False),
)
STEPS = tuple(
    Step(title, "done")
    for title in (
        "Find the last release",
        "Pin the commit to release",
        "Collect merged pull requests",
        "Read the checks",
    )
)
OUT = "acme/api v1.3.0 is out"
COUNTED = "2 pull requests in 2 commits since v1.2.0; #1 is a feature."
CHANGES = table(
    ["Change", "Author"],
    [
        (Link("#2 fix: typo", f"{REPO}/pull/2"), Person("cy")),
        (Link("#1 feat: retry failed calls", f"{REPO}/pull/1"), Person("bo")),
    ],
)


def control(offer: Offer) -> Button:
    """Return what a card offers to do with its run."""
    return Button(offer.label, f"{offer.verb}:6b86b273ff34fce1", warns=offer.warns)


QUEUED = Card(
    RELEASE,
    RELEASE,
    "queued",
    "Queued: it starts when a worker is free",
    ADA,
    URL,
    controls=(control(CANCEL),),
    started=AT,
)
RUNNING = replace(
    QUEUED,
    state="running",
    line="Draft the notes …",
    steps=(*STEPS, Step("Draft the notes", "running")),
)
WAITING = replace(
    QUEUED,
    state="waiting",
    line="Waiting for a yes to the plan",
    steps=STEPS,
    plan=PLANNED,
    question="Apply this plan?",
    note=(f"1 of 2: approved by bo. {WHO} ", *UNTIL),
    buttons=(Button("Approve", "answer:1:yes", "good"), Button("Decline", "answer:1:no", "bad")),
)
FOLLOWING = replace(
    QUEUED,
    command="feature acme/api ENG-12",
    title="feature acme/api ENG-12",
    state="waiting",
    line="Waiting for a review of #12, until 2026-03-09 09:00 UTC at the latest",
    news=(
        News(("Checks of #12 fail — test, lint",), "bad", AT.replace(minute=20)),
        News(("Checks of #12 pass again — it waits for a review by cy",), "good", AT),
    ),
)
LEFT = tuple(replace(each, undoable=None) for each in PLANNED)
ENDED = replace(WAITING, plan=LEFT, question="", note=(), buttons=(), seconds=62.0)
DONE = replace(
    ENDED,
    title=OUT,
    state="done",
    line=COUNTED,
    plan=tuple(replace(each, state="done") for each in LEFT),
    decided="Approved by bo and cy",
    decided_at=AT.replace(minute=2),
    controls=(control(TAKE_BACK), Button("dora acme/api", "type:dora acme/api")),
)
FAILED = replace(
    ENDED,
    state="failed",
    line="GitHub refused this: v1.3.0 is there already, at another commit. "
    "Delete that tag, or release the next version.",
    steps=(*STEPS, Step("Tag v1.3.0 at 4fed1d8", "failed")),
    plan=(replace(LEFT[0], state="failed"), *LEFT[1:]),
    decided="Approved by bo and cy",
    decided_at=AT.replace(minute=2),
    controls=(control(RETRY), control(RERUN)),
)
STOPPED = replace(
    ENDED,
    state="stopped",
    line="Nothing was changed: the plan was declined",
    decided="Declined by cy",
    decided_at=AT.replace(minute=2),
    controls=(control(RETRY), control(RERUN)),
)
CANCELLED = replace(
    ENDED,
    state="cancelled",
    line="Cancelled by ada; nothing was changed",
    plan=(),
    controls=(control(RERUN),),
    seconds=9.0,
)
DRY_RUN = replace(
    ENDED,
    title="Dry run: acme/api v1.3.0",
    command=f"{RELEASE} --dry-run",
    state="done",
    line="This is the plan; nothing was changed",
    controls=(control(REAL),),
    seconds=4.0,
)

PLAN = Report(
    "acme/api v1.3.0",
    COUNTED,
    blocks=(
        bullets(["Nothing stands against it: 2 checks green, no open blocker."], "Readiness"),
        CHANGES,
    ),
)
REPORT = Report(
    OUT,
    COUNTED,
    "good",
    (
        facts(
            version=Link("v1.3.0", f"{REPO}/releases/tag/v1.3.0"),
            commit=Code("4fed1d8"),
            approved_by=(Person("bo"), " and ", Person("cy")),
            replaces=Code("v1.2.0"),
        ),
        text("The notes were drafted from ", Link("2 pull requests", f"{REPO}/pulls"), "."),
        bullets(["Calls that fail are tried again", "A typo is gone"], "What is new"),
        CHANGES,
        Snippet("$ pip install acme-api==1.3.0\nSuccessfully installed acme-api-1.3.0"),
        Figure("Lead time", "The median fell from 3 days to 2 in twelve weeks.", b"png"),
        Attachment("notes.md", "text/markdown", b"# v1.3.0\n"),
    ),
    next=("dora acme/api",),
)
ROWS = 10_000
LONG = Report(
    "acme/api: every call of the last month",
    f"{ROWS:,} calls; the slowest are first.",
    "warn",
    (
        table(
            ["Call", "Took"],
            [(f"GET /orders/{number}", f"{ROWS - number:,} ms") for number in range(ROWS)],
            "By duration",
        ),
        bullets([f"GET /orders/{number} was slower than its limit" for number in range(900)]),
    ),
)


def samples() -> Iterator[Sample]:
    """Yield a run's messages, in the order in which somebody meets them."""
    yield Sample("card-queued", "A run that was asked for", QUEUED)
    yield Sample("card-running", "A run at work", RUNNING)
    yield Sample("card-following", "A run that lives for days", FOLLOWING)
    yield Sample("card-waiting", "A plan that waits for a second yes", WAITING)
    yield Sample("plan", "What a plan is about, in its thread", PLAN)
    yield Sample("card-done", "A run that is done", DONE)
    yield Sample("report", "A report with every kind of block, in the thread", REPORT)
    yield Sample("card-failed", "A run that failed", FAILED)
    yield Sample("card-stopped", "A plan that was declined", STOPPED)
    yield Sample("card-cancelled", "A run that was called off", CANCELLED)
    yield Sample("card-dry-run", "A dry run", DRY_RUN)
    yield Sample("long", "What is too long: a few messages, then a file, and all on the page", LONG)
