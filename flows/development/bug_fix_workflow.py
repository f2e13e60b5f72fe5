"""Bring a bug to its fix: duplicates, suspects, issue, branch, test, the release it is in."""

from datetime import timedelta
from functools import partial

from pydantic import Field

from flows import Params, Report, Role, Run, Shortcut, effect, flow
from flows.analysis import bugs, fixes
from flows.analysis.filing import filing
from flows.analysis.linked import is_key
from flows.analysis.traces import frames_of
from flows.analysis.triage import suspects_of, twins_of
from flows.engine.effects import Effect
from flows.report import Block
from integrations.github import Branch
from integrations.trackers import NewTicket, Ticket

SURE = 0.6  # so similar that somebody is asked
EVERY = timedelta(hours=6)
ANOTHER, PASS, WAIT = "It is another bug", "Let it pass", "Wait for a test"


class Bug(Params):
    repo: str = Field(description="Repository that has the bug", examples=["acme/shop"])
    what: str = Field(
        description="What goes wrong, with the stack trace; or an issue, such as #12 or ENG-12",
        examples=["KeyError: 'total' when the cart is empty"],
    )
    steps: str = Field("", description="How to make it happen, step by step")
    expected: str = Field("", description="What should happen instead")
    severity: bugs.Given = Field("auto", description="How bad it is; auto reads it from the words")
    reach: bugs.Reach = Field("some", description="Whom it hits")
    reporter: str = Field("", description="Who noticed it; empty: who runs this")
    link: str = Field("", description="Address of the message that tells of it")
    follow: int = Field(30, ge=1, le=365, description="Days to wait for its fix, and its release")


@flow(
    alias="bug",
    role=Role.OPERATOR,
    budget=60,
    examples=["bug acme/shop \"KeyError: 'total' in an empty cart\"", "bug acme/shop #12"],
    shortcuts=[Shortcut("Create bug", "what", "link", "reporter")],
)
async def bug_fix_workflow(run: Run, params: Bug) -> Report:
    """Live in the thread until the fix is out; whoever told of the bug reads there that it is."""
    repo, github, tracker, key = params.repo, run.github, run.tracker, run.identity.id
    about = await run.step("Look at the repository", github.repository, repo)
    head = await run.step("Pin the commit to look at", github.head, repo, about.default_branch)
    known: Ticket | None = None
    if is_key(params.what):
        known = await run.step("Read the issue", tracker.issue, params.what)
    told = bugs.told(params.what, params.reporter or run.actor, params.link, known)
    twins = await run.step("Look for duplicates", twins_of, tracker, told.what, known)
    look = "Look who changed the code last"
    suspects = await run.step(look, suspects_of, run.git, repo, head.sha, told.what, run.started)
    if known is None and twins and twins[0].score >= SURE:
        like = twins[0].ticket
        question = f"This looks like {like.key}: {like.title[:100]}. Is it the same bug?"
        said = await run.ask(question, (f"It is {like.key}", ANOTHER), within=timedelta(hours=4))
        known = None if said == ANOTHER else like

    grade = bugs.graded(told.what, params.severity, params.reach)
    blocks = (grade.block, *bugs.findings(suspects, twins, len(frames_of(told.what))))
    words = bugs.description(told, params.steps, params.expected, suspects, twins)
    if known:
        noting = effect(
            f"Comment on {known.key} with what was found",
            do=partial(tracker.ensure_comment, known.key, key, words),
            undo=partial(tracker.delete_comment, known.key, key),
        )
        taken = await run.step("Look for its branch", github.has_branch, repo, known.branch)
        cutting = () if taken else (_branch(run, repo, known.branch, head.sha),)
        await run.apply(noting, *cutting, show=bugs.plan(known.key, told, blocks))
        return await _followed(run, params, known, told, blocks)
    new = NewTicket(key, run.started, told.title, words, ("bug",), "", None, grade.priority)
    making = filing(tracker, new, f"File the bug in {tracker.name}")
    cut = _branch(run, repo, making.result.branch, head.sha)
    done = await run.apply(making, cut, show=bugs.plan(repo, told, blocks))
    return await _followed(run, params, done[making], told, blocks)


def _branch(run: Run, repo: str, branch: str, sha: str) -> Effect[Branch]:
    return effect(
        f"Branch off {sha[:7]} for the fix",
        do=partial(run.github.ensure_branch, repo, branch, sha),
        undo=partial(run.github.delete_branch, repo, branch),
    )


async def _followed(
    run: Run, params: Bug, ticket: Ticket, told: bugs.Told, blocks: tuple[Block, ...]
) -> Report:
    """Wait for a fix with a test, its merge, its checks and its release; then tell."""
    repo, github, tracker, days = params.repo, run.github, run.tracker, timedelta(params.follow)
    team, anything = run.settings.linear_team, f"github:repo:{repo}"
    stopped = partial(bugs.stopped, ticket, blocks, params.follow)
    fix = await run.until(
        f"a fix of {ticket.key}",
        fixes.proposed, github, repo, ticket.key, team, run.started,
        on=anything, within=days, every=EVERY,
    )  # fmt: skip
    if fix is None:
        return stopped("Nobody proposed a fix")
    pull = f"github:pull:{repo}#{fix.number}"
    if not fix.tests and fix.state == "open":
        question = f"#{fix.number} would fix {ticket.key}, but touches no test. Let it pass?"
        if await run.ask(question, (PASS, WAIT), who=Role.MAINTAINER, within=days) == WAIT:
            await run.until(
                f"a test in #{fix.number}",
                fixes.tested, github, repo, fix.number,
                on=pull, within=days, every=EVERY,
            )  # fmt: skip
    fix = await run.until(
        f"the merge of #{fix.number}",
        fixes.decided, github, repo, fix.number,
        on=pull, within=days, every=EVERY,
    )  # fmt: skip
    if fix is None or fix.merged_at is None:
        return stopped("The fix that was proposed was not merged")
    checks = await run.until(
        "the checks of the fix",
        fixes.checked, github, repo, fix.merge_sha,
        on=f"github:commit:{repo}@{fix.merge_sha}", within=EVERY, every=EVERY / 6,
    )  # fmt: skip
    release = await run.until(
        "the release of the fix",
        fixes.released, github, repo, fix.merge_sha, fix.merged_at,
        on=anything, within=days, every=EVERY,
    )  # fmt: skip
    report = bugs.shipped(ticket, told, fix, fixes.said_checks(checks), release)
    now = await run.step("Look at the issue again", tracker.issue, ticket.key)
    if release and now.is_open:
        closing = effect(
            f"Close {ticket.key}: it is in {release.tag}",
            do=partial(tracker.ensure_state, ticket.key, "done"),
            undo=partial(tracker.ensure_state, ticket.key, now.kind, now.state),
        )
        await run.apply(closing, show=report)
    return report
