"""Map a repository's components: who imports whom, who owns what, where change hurts."""

from datetime import datetime

from pydantic import Field

from flows import Figure, Link, Params, ReadRun, Report, flow
from flows.analysis import structure
from flows.analysis.components import ComponentAnalysis, analyse
from flows.analysis.figures import Arrow
from flows.analysis.pictures import graph_picture
from flows.analysis.windows import Window, span_in
from integrations.git import Workspaces
from integrations.meter import in_thread


class Components(Params):
    repo: str = Field(description="Repository to analyse", examples=["acme/shop"])
    window: Window = Field("12w", description="Whose changes count for owners and hotspots")
    ref: str = Field("", description="Branch or tag to look at; empty: the default branch")


@flow(
    alias="components",
    budget=5,
    examples=["components acme/shop", "components acme/shop window=1y"],
    phrases=[
        "what is {repo} made of?",
        "what are the parts of {repo}?",
        "who owns what in {repo}?",
        "where does {repo} hurt?",
        "what are the hotspots of {repo}?",
        "what are the hotspots of {repo} since {since}?",
    ],
)
async def component_analysis(run: ReadRun, params: Components) -> Report:
    """Read and parse the code in a checkout; never execute it."""
    repo = params.repo
    about = await run.step("Look at the repository", run.github.repository, repo)
    span = await span_in(run, repo, params.window)
    ref = params.ref or about.default_branch
    head = await run.step("Pin the commit to analyse", run.github.head, repo, ref)
    found = await run.step(
        "Check out and analyse the code",
        _analysed,
        run.git,
        repo,
        head.sha,
        span.start,
        run.settings.components,
    )
    before = await run.baseline()
    if not found.components:
        return structure.nothing(repo, found)
    picture: tuple[Figure, ...] = ()
    if found.edges:
        png = await run.step(
            "Draw the dependencies",
            graph_picture,
            f"Imports between the components of {repo}",
            {each.name: each.lines for each in found.components},
            [Arrow(edge.source, edge.target, edge.files) for edge in found.edges],
            found.cycles,
        )
        picture = (Figure("Dependencies", structure.said(found), png),)
    commit = Link(f"{ref} at {head.sha[:7]}", head.url)
    return structure.report(repo, found, span, commit, before, *picture)


async def _analysed(
    git: Workspaces, repo: str, ref: str, since: datetime, configured: dict[str, str]
) -> ComponentAnalysis:
    async with git.checkout(repo, ref, history=since) as tree:
        history = await tree.history(since)
        return await in_thread(
            analyse, tree.root, tree.files, history, since=since, configured=configured or None
        )
