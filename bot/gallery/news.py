"""Samples of what single people are told when something of theirs moves."""

from collections.abc import Iterator

from msgspec.structs import replace

from bot.chat import Button
from bot.gallery.runs import AT, REPO
from bot.gallery.sample import Sample
from bot.news import builds, issues, pulls
from bot.people.letters import DONE, SNOOZES
from bot.replies import Say
from flows.report import Report
from integrations.github import FailedJob, PullState, Review, RunState
from integrations.linear import Issue

HOME = "acme/api"
ASKED = PullState(
    number=7,
    title="Retry failed calls",
    url=f"{REPO}/pull/7",
    author="ada",
    state="open",
    head_ref="retry-calls",
    base_ref="main",
    head_sha="4fed1d8",
    created_at=AT,
    updated_at=AT,
    paths=("api/calls.py", "tests/test_calls.py"),
    reviewers=("bo",),
    mergeable="clean",
    checks="success",
)
READY = replace(ASKED, reviewers=(), decision="approved", reviews=(Review("bo", "approved", AT),))
CHANGES = replace(
    READY,
    decision="changes_requested",
    reviews=(Review("bo", "changes_requested", AT),),
    mergeable="conflicts",
)
BROKEN = RunState(
    id=5,
    name="CI",
    event="push",
    branch="main",
    sha="4fed1d8",
    status="completed",
    url=f"{REPO}/actions/runs/5",
    created_at=AT,
    updated_at=AT,
    conclusion="failure",
    title="Retry failed calls (#7)",
    failed_jobs=(FailedJob("test", "failure", f"{REPO}/actions/runs/5/job/1", ("Run the tests",)),),
)
TWICE = Issue(
    id="i",
    identifier="ENG-12",
    title="Orders are counted twice",
    url="https://linear.app/acme/issue/ENG-12",
    team="ENG",
    state="Todo",
    kind="unstarted",
    created_at=AT,
    updated_at=AT,
    priority=2,
)


def samples() -> Iterator[Sample]:
    """Yield one of each kind; what asks something can be put off."""
    turns = (
        ("review", "Somebody asks for a review", pulls.of_reviewer(HOME, ASKED, "bo", "")),
        ("ready", "A pull request of one's own can be merged", pulls.of_author(HOME, READY, "")),
        ("changes", "Or has to be changed", pulls.of_author(HOME, CHANGES, "")),
        ("build", "One's commit broke the default branch", builds.broken(HOME, BROKEN)),
        ("issue", "An issue is assigned", issues.assigned_in_linear(TWICE, "Ada", "")),
    )
    later = tuple(Button(label, f"type:snooze 1 {until}") for label, until in SNOOZES)
    for name, title, turn in turns:
        if turn:
            yield Sample(f"news-{name}", title, Say(turn.report, buttons=later))
    merged = replace(READY, state="merged", merged_by="bo")
    over = Report("", f"{DONE}{pulls.after_author(HOME, merged, 'ada')}")
    yield Sample("news-over", "The same message, once it needs nobody any more", Say(over))
