"""Samples of what people are told: what channels follow, hints, forms, what is theirs."""

from collections.abc import Iterator
from datetime import timedelta

from bot import days
from bot.chat import Button, Posting
from bot.gallery.runs import AT, REPO, WAITING
from bot.gallery.sample import PAGE, Sample
from bot.home import Decision, Home, Project, Scheduled, Seen
from bot.replies import Field, Form, Say
from flows.report import Code, Line, Link, Moment, Person, Report, text

FOLLOWS: Line = ("acme/api prs · ", Code("!flow why"))
PULL = Posting(
    title=(Link("acme/api#7 Retry failed calls", f"{REPO}/pull/7"),),
    lines=(
        ("Open: checks fail, needs a review by ", Person("bo"), "."),
        ("by ", Person("ada"), " · ", Code("retry-calls"), " → ", Code("main"), " · bug"),
        (Person("cy"), " commented"),
    ),
    tone="bad",
    why=FOLLOWS,
    buttons=(Button("Remind bo", "nudge:acme/api#7:bo"), Button("Snooze", "snooze:acme/api#7")),
    mark="bad",
)
MERGED = Posting(
    title=PULL.title,
    lines=(("Merged by ", Person("bo"), "."), PULL.lines[1]),
    tone="good",
    why=FOLLOWS,
    mark="merged",
)
REVIEW = Posting((Person("bo"), " ", Link("approves", f"{REPO}/pull/7#r1")), "good", mark="")
ISSUE = Posting(
    title=(Link("acme/api#8 Orders are counted twice", f"{REPO}/issues/8"),),
    lines=(("Open, nobody has taken it.",), ("by ", Person("dee"), " · bug, urgent")),
    why=FOLLOWS,
)
RUN = Posting(
    title=(Link("acme/api: CI is broken on main", f"{REPO}/actions/runs/5"),),
    lines=(
        ("Failed in ", Link("test / Run the tests", f"{REPO}/actions/runs/5/job/1"), "."),
        ("3 runs have failed since ", Moment(AT - timedelta(minutes=41)), "."),
        ("on ", Link("Retry failed calls (#7)", f"{REPO}/pull/7"), " · by ", Person("ada")),
    ),
    tone="bad",
    why=FOLLOWS,
    mark="bad",
)
DEPLOYMENT = Posting(
    title=(Link("acme/api → production", f"{REPO}/deployments/9"),),
    lines=(("Deployed.",), (Code("v1.3.0"), " at ", Code("4fed1d8"), " · by ", Person("bo"))),
    tone="good",
    why=FOLLOWS,
    mark="good",
)
PUBLISHED = Posting(
    title=(Link("acme/api v1.3.0 is released", f"{REPO}/releases/tag/v1.3.0"),),
    lines=(("2 changes since ", Code("v1.2.0"), "."), ("by ", Person("bo"))),
    tone="good",
    why=FOLLOWS,
)
NEAR = text("There is no flow called ", Code("relase"), ". Did you mean ", Code("release"), "?")
UNDERSTOOD = Say(
    Report("", "", "warn", (NEAR,)),
    "misread",
    (Button("release", "type:release"), Button("Everything", "type:help")),
)
LACKING = Form(
    "release-management",
    "release",
    (Field("repo", "Repo", "Repository to release", "text", (), required=True, value=""),),
)
DECISION = Decision(
    Seen(WAITING.command, "waiting", WAITING.line, WAITING.url, AT),
    "Apply this plan?",
    "ada",
    WAITING.note,
    WAITING.buttons,
)
HOME = Home(
    decisions=(DECISION,),
    more_decisions=0,
    runs=(
        Seen("dora acme/api", "done", "12 deployments in 30 days", f"{PAGE}/runs/2", AT),
        Seen("health", "failed", "GitHub does not answer", f"{PAGE}/runs/3", AT),
    ),
    projects=(Project("acme/api", DECISION.run), Project("acme/shop", None)),
    more_projects=0,
    schedules=(Scheduled("dora acme/api", "weekdays 9:00 Europe/Berlin", AT),),
    more_schedules=0,
    examples=("release acme/api", "dora acme/api"),
    url=PAGE,
)
NOTICE = Report(
    "",
    "deploy:acme/shop:production is yours until 16:00 UTC.",
    "good",
    (text("When you are done: ", Code("/flow unlock deploy:acme/shop:production")),),
)


def samples() -> Iterator[Sample]:
    """Yield what is said beside runs."""
    yield Sample("posting-pull-request", "A pull request that a channel follows", PULL)
    yield Sample("posting-review", "News of it, in its thread", REVIEW)
    yield Sample("posting-merged", "The same message, once it is merged", MERGED)
    yield Sample("posting-issue", "An issue that a channel follows", ISSUE)
    yield Sample("posting-workflow-run", "A workflow that is newly broken", RUN)
    yield Sample("posting-deployment", "A deployment", DEPLOYMENT)
    yield Sample("posting-release", "A release", PUBLISHED)
    yield Sample(
        "posting-day",
        "The one message of a day, where threads alone are wanted",
        days.heading(AT, 14),
    )
    yield Sample("whisper", "An answer that one person alone sees", UNDERSTOOD)
    yield Sample("form-offer", "A command that lacks something", LACKING)
    yield Sample("home", "Somebody's overview: the Home tab of Slack, an answer on Discord", HOME)
    yield Sample("notice", "A direct message", NOTICE)
