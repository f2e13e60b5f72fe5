"""Ship a release: pin the commit, show the plan, tag it, publish the notes."""

from functools import partial
from typing import Any, Literal

from pydantic import Field

from flows import (
    Attachment,
    FlowError,
    Link,
    Params,
    Report,
    Role,
    Run,
    bullets,
    effect,
    flow,
    text,
)
from flows.analysis import outgoing, readiness
from flows.analysis.notes import notes_from
from flows.analysis.outgoing import Outgoing
from flows.analysis.outlook import Outlook, hurdles_of, linked_of, outlook_of
from flows.analysis.releases import changes, contents, doubts, outcome, upcoming
from flows.analysis.versionfiles import with_version
from flows.engine.effects import Effect
from flows.engine.proposals import propose
from flows.report import Tone


class Release(Params):
    repo: str = Field(description="Repository to release", examples=["acme/api"])
    level: Literal["auto", "major", "minor", "patch"] = Field(
        "auto", description="Part of the version to raise; auto reads titles and labels"
    )
    pre: Literal["no", "alpha", "beta", "rc"] = Field("no", description="Kind of pre-release")
    branch: str = Field(
        "", description="Branch to release from, such as 1.x; empty: the default one"
    )
    force: bool = Field(default=False, description="Release although something stands against it")


@flow(
    alias="release",
    role=Role.MAINTAINER,
    budget=60,
    examples=[
        "release acme/shop",
        "release acme/shop level=patch",
        "release acme/shop pre=rc",
        "release acme/shop branch=1.x",
    ],
    phrases=[
        "ship {repo}",
        "ship a {level} release of {repo}",
        "cut a release of {repo}",
        "cut a {pre} of {repo}",
    ],
)
async def release_management(run: Run, params: Release) -> Report:
    """Nothing is written before this exact plan has the yes that policy asks for."""
    repo, github, tracker, chosen = params.repo, run.github, run.tracker, run.settings
    team = chosen.linear_team
    seen = await run.step(
        "Find what is to be released",
        outlook_of, github, repo, params.branch, params.pre, chosen.version_file,
    )  # fmt: skip
    if seen.base and not seen.commits:
        raise FlowError(f"Nothing was merged into {seen.line or repo} since {seen.base}.")
    coming = upcoming(seen.past, seen.changes, params.level, params.pre, seen.stated)
    tag, sha, pulls = coming.tag, seen.head.sha, seen.pulls
    found = await run.step(
        "Look what stands against it",
        hurdles_of, github, run.linear if team else None,
        repo=repo, team=team, sha=sha, tag=tag,
    )  # fmt: skip
    against = readiness.obstacles(found.checks, found.blockers, found.goal)
    if against and not params.force:
        why = readiness.said(against)
        raise FlowError(f"{tag} is not ready. {why} Add force=yes to release anyway.")
    linked = await run.step(
        "Look up the linked issues", linked_of, tracker, seen.changes, team, repo
    )
    issues = linked.shipped
    moves = outgoing.moves_of(issues, chosen.released_state, linked.done)

    span = f"compare/{seen.base}...{tag}" if seen.base else f"commits/{tag}"
    notes = notes_from(
        seen.changes,
        compare_url=f"{seen.url}/{span}",
        issues={each.ticket.key: each.ticket.url for each in issues},
        teams=[team] if team else [],
    )
    tagging = effect(
        f"Tag {tag} at {sha[:7]}",
        do=partial(github.ensure_tag, repo, tag, sha, f"{repo} {tag}"),
        undo=partial(github.delete_tag, repo, tag),
        still=partial(github.tag, repo, tag),
    )
    published = partial(github.ensure_release, repo, tag, tag, notes)
    publishing = effect(
        f"Publish the notes of {tag}",
        do=partial(published, prerelease=coming.is_pre, latest=not (coming.is_pre or seen.line)),
        undo=partial(github.delete_release, repo, tag),
        still=partial(github.head, repo, seen.branch),
    )
    proposing = _version_file(run, repo, seen, tag)
    out, url = Outgoing(tracker, repo), publishing.result.url
    telling = outgoing.follow_up(out, issues, tag, url, moves)
    closing = [] if against else readiness.closing(github, repo, found.goal)
    follow: list[Effect[Any]] = [] if coming.is_pre else [*telling, *closing]

    remarks = outgoing.warnings(issues, chosen.released_state, moves, tracker.name)
    states = against or [readiness.unopposed(found.checks)]
    ready = bullets([*states, *remarks, *doubts(coming)], "Readiness")
    tone: Tone = "warn" if against or remarks else "neutral"
    summary = f"{contents(pulls, seen.commits, seen.base)}; {coming.because}."
    inside = (*outgoing.listed(issues), changes(pulls, seen.commits))
    page = Attachment(f"{tag.replace('/', '-')}.md", "text/markdown", notes.encode())
    draft = Report(f"{repo} {tag}", summary, tone, (ready, *inside, page))
    done = await run.apply(tagging, publishing, *proposing, show=draft, covers=follow)
    if follow:
        await run.apply(*follow)
    refused = [each for one in telling if follow for each in done[one]]

    version = outcome(Link(tag, done[publishing].url), seen.head, done.by, seen.base)
    pull = [done[each] for each in proposing[-1:]]
    todo = [text("Still to merge: ", Link(f"#{p.number} {p.title}", p.url)) for p in pull]
    return Report(
        f"{repo} {tag} is out",
        summary,
        "good",
        (version, *todo, *outgoing.left_alone(refused), *inside),
        {"tag": tag, "sha": sha, "pulls": len(pulls), "issues": len(issues)},
        next=(f"dora {repo}",),
    )


def _version_file(run: Run, repo: str, seen: Outlook, tag: str) -> tuple[Effect[Any], ...]:
    """Plan the pull request that raises the version where the project names a version file."""
    path, file = run.settings.version_file, seen.file
    content = with_version(file.text, tag, path) if file else None
    if file is None or content is None:
        return ()
    title, branch = f"chore: version {tag}", f"flowbot/{tag}"
    return propose(
        run.github, repo, before=file, content=content, at=seen.head.sha, base=seen.branch,
        branch=branch, title=title,
    )  # fmt: skip
