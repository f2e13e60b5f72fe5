"""Tell an audience what shipped, what is at risk and what comes next, in words that fit it."""

from datetime import timedelta
from functools import partial

from pydantic import Field

from flows import FlowError, Params, Report, Role, Run, effect, facts, flow
from flows.analysis import editions
from flows.analysis.editions import Audience, Material
from flows.analysis.windows import Window, span_of

PATIENCE = timedelta(days=2)


class Digest(Params):
    repo: str = Field(description="Repository to tell of", examples=["acme/shop"])
    audience: Audience = Field("engineering", description="Who reads it")
    window: Window = Field("7d", description="How far to look back: 7d, 2w, 1m")
    channel: str = Field(
        "", description="Where it is posted, such as slack:C024BE91L; empty: in this channel"
    )
    edit: bool = Field(default=False, description="Let somebody change the words before")


class Words(Params):
    summary: str = Field("", description="The sentence at the top; empty: as it is")
    leave_out: list[int] = Field([], description="Numbers of lines to leave out, such as 2, 5")
    note: str = Field("", description="Something to add at the end")


@flow(
    alias="digest",
    role=Role.OPERATOR,
    budget=70,
    examples=[
        "digest acme/shop",
        "digest acme/shop audience=executive window=2w edit=yes",
    ],
    phrases=[
        "what happened in {repo}?",
        "what shipped in {repo}?",
        "write a digest of {repo}",
        "write a digest of {repo} for {audience}",
    ],
)
async def stakeholder_communication(run: Run, params: Digest) -> Report:
    """Post one message, after somebody has seen exactly it; its details are in its thread."""
    repo, github = params.repo, run.github
    if params.window.startswith("since="):
        raise FlowError("A digest compares two stretches of the same length: write 7d, 2w or 1m.")
    where = editions.place_of(params.channel, run.place, run.settings)
    span = span_of(params.window, run.started)
    about = await run.step("Look at the repository", github.repository, repo)
    since = span.earlier().start
    merged = await run.step(
        "Collect merged pull requests", github.merged_pulls, repo, since, about.default_branch
    )
    releases = await run.step("List the releases", github.releases, repo)
    waiting = await run.step("List what waits for review", github.open_pulls, repo)
    milestones = await run.step("Look at the milestones", github.milestones, repo, "open")
    work = await run.step("Read the issues", editions.work_in, run.tracker, span)
    found = Material(span, merged, releases, waiting, milestones, work)
    draft = editions.edition(repo, found, params.audience)
    if not editions.is_news(found):
        return Report(draft.title, "No news: nothing shipped, and nothing is at risk.", quiet=True)

    if params.edit:
        question = f"What should the digest for {params.audience} readers say?"
        shown = editions.numbered(draft)
        words = await run.ask_for(question, Words, within=PATIENCE, show=shown)
        draft = editions.edited(draft, words.summary, words.note, words.leave_out)
    key = f"digest:{run.identity.id}"
    posting = effect(
        f"Post the digest for {params.audience} readers",
        do=partial(run.chat.ensure_posted, where, draft, key),
        undo=partial(run.chat.delete_posted, key),
    )
    done = await run.apply(posting, show=draft)
    sent = facts(audience=params.audience, posted=params.channel or "here", approved_by=done.by)
    return Report(f"The digest of {repo} is posted", draft.summary, "good", (sent,), draft.data)
