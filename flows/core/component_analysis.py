"""Map a repository's components: who imports whom, who owns what, where change hurts."""

from datetime import datetime

from pydantic import Field

from flows import (
    Figure,
    Link,
    Params,
    ReadRun,
    Report,
    facts,
    flow,
)
from flows.analysis.components import ComponentAnalysis, analyse
from flows.analysis.figures import Arrow
from flows.analysis.pictures import graph_picture
from flows.analysis.structure import (
    changed,
    components_table,
    cycles,
    figures_of,
    hotspots_table,
    left_out,
    said,
    verdict,
)
from flows.analysis.windows import Window, since_of, span_of
from flows.analysis.words import counted
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
    mark = since_of(params.window)
    start = (
        await run.step("Find the start of the window", run.github.head, repo, mark)
        if mark
        else None
    )
    span = span_of(params.window, run.started, start.committed_at if start else None)
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
        none = "None of its files is in a language that I know."
        return Report(f"{repo} has no source code to analyse", none, "warn", left_out(found))
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
        picture = (Figure("Dependencies", said(found), png),)
    languages = ", ".join(f"{name} {lines:,}" for name, lines in found.languages[:5])
    return Report(
        f"Components of {repo}",
        verdict(found),
        "warn" if found.cycles else "good",
        (
            facts(
                source_lines=f"{found.lines:,} in {counted(found.files, 'file')} ({languages})",
                window=f"{span}, {counted(found.commits, 'commit')}",
                commit=Link(f"{ref} at {head.sha[:7]}", head.url),
            ),
            cycles(found),
            changed(found, before),
            components_table(found),
            *left_out(found),
            hotspots_table(found),
            *picture,
        ),
        data=figures_of(found),
    )


async def _analysed(
    git: Workspaces, repo: str, ref: str, since: datetime, configured: dict[str, str]
) -> ComponentAnalysis:
    async with git.checkout(repo, ref, history=since) as tree:
        history = await tree.history(since)
        return await in_thread(
            analyse, tree.root, tree.files, history, since=since, configured=configured or None
        )
