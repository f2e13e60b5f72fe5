"""Ship a release: pin the commit, show the plan, tag it, publish the notes."""

from functools import partial
from typing import Any, Literal

from pydantic import Field

from flows import (
    FlowError,
    Link,
    Params,
    Report,
    Role,
    Run,
    bullets,
    effect,
    facts,
    flow,
    text,
)
from flows.analysis.notes import notes_from
from flows.analysis.readiness import milestone_of, obstacles, said, unopposed
from flows.analysis.releases import base_of, changes, contents, outcome, released, since, upcoming
from flows.analysis.versionfiles import with_version
from flows.engine.effects import Effect
from flows.engine.proposals import propose
from flows.report import Tone

YANKED = "> **Yanked.** Do not use this release; take a later one, or the one before it.\n\n"


class Release(Params):
    repo: str = Field(description="Repository to release", examples=["acme/api"])
    level: Literal["auto", "major", "minor", "patch"] = Field(
        "auto", description="Part of the version to raise; auto reads titles and labels"
    )
    pre: Literal["no", "alpha", "beta", "rc"] = Field("no", description="Kind of pre-release")
    yank: str = Field("", description="Warn people off this release instead", examples=["v1.2.0"])
    force: bool = Field(default=False, description="Release although something stands against it")


@flow(
    alias="release",
    role=Role.MAINTAINER,
    examples=["release acme/shop", "release acme/shop level=patch", "release acme/shop pre=rc"],
    phrases=[
        "ship {repo}",
        "ship a {level} release of {repo}",
        "cut a release of {repo}",
        "cut a {pre} of {repo}",
    ],
)
async def release_management(run: Run, params: Release) -> Report:
    """Nothing is written before this exact plan has the yes that policy asks for."""
    repo, github = params.repo, run.github
    if params.yank:
        return await _yank(run, repo, params.yank)

    about = await run.step("Look at the repository", github.repository, repo)
    tags = await run.step("List the tags", github.tags, repo)
    branch = about.default_branch
    head = await run.step("Pin the commit to release", github.head, repo, branch)
    base, commits = base_of(tags, params.pre), []
    if base:
        commits = await run.step(
            "List the commits since the last release", github.commits_between, repo, base, head.sha
        )
        if not commits:
            raise FlowError(f"Nothing was merged into {repo} since {base}.")
    merged = await run.step(
        "Collect merged pull requests", github.merged_pulls, repo, since(commits), branch
    )
    pulls = released(merged, commits)
    coming = upcoming(tags, pulls, params.level, params.pre)
    tag = coming.tag

    checks = await run.step("Read the checks of the commit", github.checks, repo, head.sha)
    blockers = await run.step("Look for open blockers", github.open_issues, repo, ["blocker"])
    milestones = await run.step("Look at the milestones", github.milestones, repo, "open")
    against = obstacles(checks, blockers, milestone_of(tag, milestones))
    if against and not params.force:
        raise FlowError(f"{tag} is not ready. {said(against)} Add force=yes to release anyway.")
    summary = f"{contents(pulls, commits, base)}; {coming.because}."

    span = f"compare/{base}...{tag}" if base else f"commits/{tag}"
    notes = notes_from(pulls, compare_url=f"{about.url}/{span}")
    tagging = effect(
        f"Tag {tag} at {head.sha[:7]}",
        do=partial(github.ensure_tag, repo, tag, head.sha, f"{repo} {tag}"),
        undo=partial(github.delete_tag, repo, tag),
        still=partial(github.tag, repo, tag),
    )
    publishing = effect(
        f"Publish the notes of {tag}",
        do=partial(github.ensure_release, repo, tag, tag, notes, prerelease=coming.is_pre),
        undo=partial(github.delete_release, repo, tag),
        still=partial(github.head, repo, branch),
    )
    proposing = await _version_file(run, repo, tag, head.sha, branch)
    ready = bullets(against or [unopposed(checks)], "Readiness")
    tone: Tone = "warn" if against else "neutral"
    draft = Report(f"{repo} {tag}", summary, tone, (ready, changes(pulls, commits)))
    done = await run.apply(tagging, publishing, *proposing, show=draft)

    version = outcome(Link(tag, done[publishing].url), head, done.by, base)
    pull = [done[each] for each in proposing[-1:]]
    follow = [text("Still to merge: ", Link(f"#{p.number} {p.title}", p.url)) for p in pull]
    return Report(
        f"{repo} {tag} is out",
        summary,
        "good",
        (version, *follow, changes(pulls, commits)),
        {"tag": tag, "sha": head.sha, "pulls": len(pulls)},
        next=(f"dora {repo}",),
    )


async def _version_file(
    run: Run, repo: str, tag: str, sha: str, base: str
) -> tuple[Effect[Any], ...]:
    """Plan the pull request that raises the version where the project names a version file."""
    path, github = run.settings.version_file, run.github
    found = await run.step("Read the version file", github.file, repo, path, sha) if path else None
    content = with_version(found.text, tag) if found else None
    if found is None or content is None:
        return ()
    title, branch = f"chore: version {tag}", f"flowbot/{tag}"
    return propose(
        github, repo, before=found, content=content, at=sha, base=base, branch=branch, title=title
    )


async def _yank(run: Run, repo: str, tag: str) -> Report:
    """Mark a release so that nobody takes it by accident; its tag stays."""
    github = run.github
    release = await run.step("Find the release", github.release_by_tag, repo, tag)
    if release is None:
        raise FlowError(f"{repo} has no release {tag}.")
    if release.body.startswith(YANKED):
        raise FlowError(f"{tag} of {repo} is yanked already.")
    marked, was = partial(github.ensure_release_marked, repo, tag), release.prerelease
    marking = effect(
        f"Mark {tag} as yanked",
        do=partial(marked, notes=YANKED + release.body, prerelease=True),
        undo=partial(marked, notes=release.body, prerelease=was),
    )
    shown = Report(f"Yank {repo} {tag}", "The tag stays; the notes warn, and it is not the latest.")
    done = await run.apply(marking, show=shown)
    summary = facts(release=Link(tag, done[marking].url), approved_by=done.by)
    return Report(f"{repo} {tag} is yanked", "Its notes warn people off.", "warn", (summary,))
