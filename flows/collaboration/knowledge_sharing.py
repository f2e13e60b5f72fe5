"""Answer a question from what the team has written down, and keep answers as pages of the docs."""

from datetime import timedelta

from pydantic import Field

from flows import FlowError, Params, Report, Role, Run, Shortcut, flow
from flows.analysis import knowledge
from flows.analysis.knowledge import pages_of, search
from flows.analysis.threads import said_in
from flows.engine.proposals import propose
from integrations.github import File, Repository

PULLS = timedelta(days=180)
ASK = "Ask something, such as kb acme/shop “how do we deploy?”, or keep a thread with save=yes."


class Knowledge(Params):
    repo: str = Field(description="Repository that has the docs", examples=["acme/shop"])
    question: str = Field("", description="What you want to know; for what is kept, its title")
    save: bool = Field(default=False, description="Keep the thread as a page of the docs")
    stale: bool = Field(default=False, description="List the pages nobody touched for a year")
    answer: str = Field("", description="What to keep; empty: the thread that this is in")
    link: str = Field("", description="Address of the message that is kept")
    author: str = Field("", description="Who wrote the answer; empty: who runs this")


@flow(
    alias="kb",
    role=Role.OPERATOR,
    budget=70,
    examples=[
        'kb acme/shop "how do we deploy?"',
        'kb acme/shop "How do we deploy?" save=yes',
        "kb acme/shop stale=yes",
    ],
    phrases=[
        "what do the docs of {repo} say about {question}?",
        "which pages of {repo} are stale?",
    ],
    shortcuts=[Shortcut("Save answer", "answer", "link", "author")],
)
async def knowledge_sharing(run: Run, params: Knowledge) -> Report:
    """Quote, never rephrase: each answer is a passage with its link."""
    repo, github = params.repo, run.github
    about = await run.step("Look at the repository", github.repository, repo)
    head = await run.step("Pin the commit to read", github.head, repo, about.default_branch)
    if params.save or params.answer:
        return await _kept(run, params, about, head.sha)
    if params.stale:
        pages = await run.step("Date the pages", pages_of, run.git, repo, head.sha, run.started)
        return knowledge.stale(pages, run.started, about.url)
    if not params.question:
        raise FlowError(ASK)
    pulls = await run.step(
        "Read merged pull requests", github.merged_pulls, repo, run.started - PULLS
    )
    found = await run.step(
        "Search what is written", search, run.git, repo, head.sha, about.url, params.question, pulls
    )
    return knowledge.answer(params.question, found)


async def _kept(run: Run, params: Knowledge, about: Repository, sha: str) -> Report:
    """Propose a page that keeps what people said."""
    repo, github = params.repo, run.github
    said = await said_in(run, params.answer, params.author, params.link)
    title = knowledge.title_from(params.question, said)
    path = knowledge.path_of(title)
    if not path:
        raise FlowError("Say what the page is called: kb acme/shop “How do we deploy?” save=yes")
    known = await run.step("Look for such a page", github.file, repo, path, sha)
    if known:
        raise FlowError(f"{repo} has {path} already: give it another title, or edit that page.")
    page = knowledge.page_from(title, said, params.link, run.actor, run.started)
    plan = propose(
        github,
        repo,
        before=File(path, "", b""),
        content=page,
        at=sha,
        base=about.default_branch,
        branch=knowledge.branch_of(path),
        title=f"docs: {title}",
    )
    done = await run.apply(*plan, show=knowledge.draft(title, path, page))
    return knowledge.kept(title, path, done[plan[-1]])
