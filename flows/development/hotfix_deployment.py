"""Bring a fix to what is deployed: pick it, check it, release it, deploy it, merge it back."""

from datetime import timedelta
from functools import partial
from typing import Any

from pydantic import Field

from flows import Params, Report, Role, Run, effect, flow
from flows.analysis import environments, fixes, hotfixes, rollouts
from flows.analysis.outgoing import Outgoing
from flows.analysis.words import counted
from flows.engine.effects import Effect
from integrations.github import Pull
from integrations.trackers import Ticket

CHECKED_WITHIN = timedelta(hours=1)
LOOK_EVERY = timedelta(minutes=15)


class Hotfix(Params):
    repo: str = Field(description="Repository to fix", examples=["acme/shop"])
    picks: list[str] = Field(
        description="Merged pull requests and commits, in order", examples=["#91,4fed1d8"]
    )
    environment: str = Field("production", description="Where it goes")
    base: str = Field("", description="Release to start from; empty: the one that is deployed")
    force: bool = Field(default=False, description="Release it whatever its checks say")
    incident: str = Field("", description="Issue that it is about, such as #12 or ENG-12")


@flow(
    alias="hotfix",
    role=Role.MAINTAINER,
    lock="deploy:{repo}:{environment}",
    lock_for=timedelta(hours=4),
    budget=70,
    examples=["hotfix acme/shop #91", "hotfix acme/shop #91,4fed1d8 incident=#12"],
    phrases=["bring {picks} to {environment} of {repo}"],
)
async def hotfix_deployment(run: Run, params: Hotfix) -> Report:
    """One yes covers branch, release and back-merge; the deployment is a run with a yes of its own.

    The lock of the environment is held all along, so nobody deploys in between.
    """
    repo, github, tracker, where = params.repo, run.github, run.tracker, params.environment
    about = await run.step("Look at the repository", github.repository, repo)
    known = await run.step("List the environments", github.environments, repo)
    stage = environments.stage_of(where, run.settings.environments, known)
    places = await run.step("Read what is deployed", rollouts.deployed, github, repo, [stage.name])
    tags = await run.step("List the tags", github.tags, repo)
    base = hotfixes.base_of(tags, places[0].live, params.base, stage.name)
    branch = about.default_branch
    found = await run.step(
        "Find what is picked", hotfixes.picks, github, repo, params.picks, base.sha, branch
    )
    incident: Ticket | None = None
    if params.incident:
        incident = await run.step("Read the incident", tracker.issue, params.incident)

    tag = hotfixes.tag_after(base.name, tags)
    name, shas = f"hotfix/{tag}", [each.commit.sha for each in found]
    picking = effect(
        f"Pick {counted(len(shas), 'commit')} onto {base.name} as {name}"[:60],
        do=partial(github.ensure_picked, repo, name, base.sha, shas),
        undo=partial(github.delete_branch, repo, name),
        still=partial(github.tag, repo, tag),
    )
    tagging = effect(
        f"Tag {tag} once its checks are green",
        do=partial(github.ensure_tag, repo, tag, picking.result.sha, f"{repo} {tag}"),
        undo=partial(github.delete_tag, repo, tag),
    )
    notes = hotfixes.notes(found, base.name, incident)
    publishing = effect(
        f"Publish the notes of {tag}",
        do=partial(
            github.ensure_release, repo, tag, tag, notes, latest=hotfixes.is_newest(tag, tags)
        ),
        undo=partial(github.delete_release, repo, tag),
    )
    merging = effect(
        f"Open the pull request that merges {tag} back"[:60],
        do=partial(github.ensure_pull, repo, name, branch, f"Merge hotfix {tag} back", notes),
        undo=partial(github.delete_branch, repo, name),
    )
    out = Outgoing(tracker, repo)
    telling = effect(
        f"Comment on {params.incident} that {tag} is out"[:60],
        do=partial(out.ensure_said, [params.incident], run.identity.id, notes),
        undo=partial(out.delete_said, [params.incident], run.identity.id),
    )
    is_new = not all(each.in_branch for each in found)
    later: list[Effect[Any]] = [tagging, publishing]
    later += [merging] if is_new else []
    later += [telling] if incident else []
    show = hotfixes.plan(repo, tag, base.name, found, stage.name, incident)
    done = await run.apply(picking, show=show, covers=later)
    sha = done[picking].sha

    topic = f"github:commit:{repo}@{sha}"
    checks = await run.until(
        f"the checks of {name}"[:50], fixes.checked, github, repo, sha,
        on=topic, within=CHECKED_WITHIN, every=LOOK_EVERY,
    )  # fmt: skip
    if not params.force and (checks is None or checks.state != "success"):
        return hotfixes.waits(tag, name, checks, found)
    done = await run.apply(*later)
    await run.tell(hotfixes.released(tag, done[publishing], stage.name))
    back: Pull | None = done[merging] if is_new else None
    refused = done[telling] if incident else []
    deployed = await run.start(
        "deploy", "Deploy it",
        repo=repo, environment=stage.name, ref=tag, urgent=True, force=params.force,
    )  # fmt: skip
    which = int(deployed.data.get("deployment", 0))
    last = await run.step("See when it was done", github.deployment_state, repo, which)
    return hotfixes.outcome(
        tag,
        base.name,
        found,
        release=done[publishing],
        back=back,
        deployed=deployed,
        began=run.started,
        done=last.finished_at,
        incident=incident,
        refused=refused,
    )
