"""Yank a release: warn people off it, point to a good one, tell whoever waits for it."""

from datetime import timedelta
from functools import partial

from pydantic import Field

from flows import Link, Params, Report, Role, Run, bullets, effect, facts, flow
from flows.analysis import outgoing, withdrawals
from flows.analysis.outgoing import Outgoing
from flows.analysis.withdrawals import case_of, told_by

DELETE, KEEP = "Delete the tag", "Keep the tag"
PATIENCE = timedelta(hours=1)


class Yank(Params):
    repo: str = Field(description="Repository that released it", examples=["acme/shop"])
    tag: str = Field(description="Release to yank", examples=["v1.2.0"])
    reason: str = Field(
        min_length=3,
        max_length=300,
        description="What is wrong with it",
        examples=["It loses orders"],
    )
    delete_tag: bool = Field(default=False, description="Delete its tag as well; I ask once more")


@flow(
    alias="yank",
    budget=40,
    role=Role.MAINTAINER,
    examples=['yank acme/shop v1.2.0 "It loses orders"', 'yank acme/shop v1.2.0 reason="See #12"'],
    phrases=["withdraw {tag} of {repo} because {reason}"],
)
async def release_withdrawal(run: Run, params: Yank) -> Report:
    """Mark the release where it is: nobody takes it by accident, and nothing is lost."""
    repo, github, reason = params.repo, run.github, params.reason
    team, tracker = run.settings.linear_team, run.tracker
    case = await run.step("Find the release", case_of, github, repo, params.tag)
    found = await run.step(
        "Find the issues that are in it", told_by, github, tracker, repo, team, case
    )
    release, tag = case.release, case.release.tag
    is_deleted = bool(params.delete_tag and case.tag)
    if is_deleted and not run.identity.dry_run:
        what = f"Builds that name {tag} fail without it. Delete the tag?"
        is_deleted = await run.ask(what, (DELETE, KEEP), within=PATIENCE) == DELETE

    name, notes = withdrawals.marked(case, reason)
    mark, effects = partial(github.ensure_release_marked, repo, tag), []
    if case.is_latest and case.previous:
        pointing = effect(
            f"Make {case.previous} the latest release",
            do=partial(github.ensure_latest, repo, case.previous),
            undo=partial(github.ensure_latest, repo, tag),
        )
        effects.append(pointing)
    marking = effect(
        f"Mark {tag} as yanked",
        do=partial(mark, name=name, notes=notes, prerelease=True),
        undo=partial(mark, name=release.name, notes=release.body, prerelease=release.prerelease),
    )
    out = Outgoing(tracker, repo)
    telling = withdrawals.telling(out, found, case, reason)
    rest = [*telling, *withdrawals.posting(run, withdrawals.notice(repo, case, reason))]
    if is_deleted and case.tag:
        rest.append(withdrawals.deleting(github, repo, case.tag, name, notes))
    does = bullets(withdrawals.consequences(case, without_tag=is_deleted), "What it does")
    issues = outgoing.listed(found)
    show = Report(f"Yank {repo} {tag}", reason, "warn", (does, *issues, withdrawals.ELSEWHERE))
    done = await run.apply(*effects, marking, *rest, show=show)

    refused = [each for one in telling for each in done[one]]
    rows = facts(
        release=Link(tag, done[marking].url),
        instead=case.instead or "no other release is good",
        approved_by=done.by,
        issues_told=f"{len(found) - len(refused)}",
    )
    blocks = (rows, *outgoing.left_alone(refused), withdrawals.ELSEWHERE)
    return Report(
        f"{repo} {tag} is yanked",
        withdrawals.plain_words(reason),
        "warn",
        blocks,
        {"tag": tag, "issues": len(found)},
        next=(f"release {repo} --dry-run",),
    )
