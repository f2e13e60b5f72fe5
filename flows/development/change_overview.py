"""Say what changed in a repository since a release: pull requests, who made them, which tickets."""

from pydantic import Field

from flows import Code, FlowError, Link, Params, Person, ReadRun, Report, facts, flow
from flows.analysis.notes import issues_of
from flows.analysis.releases import changes, contents, last_of, released, since, tag_called


class Changes(Params):
    repo: str = Field(description="Repository to look at", examples=["acme/shop"])
    since: str = Field("", description="Tag, branch or commit to start from; empty: last release")
    until: str = Field("", description="Where to stop; empty: the default branch as it is")


@flow(
    alias="changes",
    budget=20,
    examples=["changes acme/shop", "changes acme/shop since=v1.2.0 until=v1.3.0"],
    phrases=[
        "what changed since {since}?",
        "what changed in {repo}?",
        "what changed in {repo} since {since}?",
        "what is new in {repo}?",
        "what is new in {repo} since {since}?",
    ],
)
async def change_overview(run: ReadRun, params: Changes) -> Report:
    """Count what the newer end has and the older lacks, as git does."""
    repo, github = params.repo, run.github
    about = await run.step("Look at the repository", github.repository, repo)
    tags = await run.step("List the tags", github.tags, repo)
    base = tag_called(params.since, tags) if params.since else last_of(tags)
    if not base:
        raise FlowError(f"{repo} has no release yet: say where to start, such as since=main~20.")
    end = tag_called(params.until, tags) or about.default_branch
    head = await run.step("Find the newer end", github.head, repo, end)
    commits = await run.step("List the commits", github.commits_between, repo, base, head.sha)
    if not commits:
        return Report(f"{repo} since {base}", f"Nothing changed up to {end}.", quiet=True)
    merged = await run.step(
        "Collect merged pull requests", github.merged_pulls, repo, since(commits)
    )
    pulls = released(merged, commits)

    people = sorted({each.author for each in (pulls or commits)})
    tickets = sorted({key for each in pulls for key in issues_of(each)})
    who = [part for each in people for part in (", ", Person(each))][1:]
    rows = facts(
        compare=Link(f"{base}...{end}", f"{about.url}/compare/{base}...{end}"),
        newest=Code(head.sha[:7]),
        by=tuple(who),
        tickets=", ".join(tickets) or "none named",
    )
    return Report(
        f"{repo} since {base}",
        f"{contents(pulls, commits, base)}.",
        blocks=(rows, changes(pulls, commits)),
        data={"base": base, "sha": head.sha, "pulls": len(pulls), "commits": len(commits)},
        next=(f"release {repo} --dry-run",) if end == about.default_branch else (),
    )
