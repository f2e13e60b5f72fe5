"""What has happened in a repository, told to its hooks: found by how it stood before and now."""

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from integrations.emulators.github import actions, checks, deployments, milestones, releases
from integrations.emulators.github.accounts import organization, user
from integrations.emulators.github.calls import Call, Json, stamp
from integrations.emulators.github.commits import commit, simple_commit
from integrations.emulators.github.courier import Seen
from integrations.emulators.github.git import Ref
from integrations.emulators.github.records import CheckRun, Release, Repository
from integrations.emulators.github.repositories import repository
from integrations.emulators.github.tidings import (
    NOTHING,
    News,
    changed,
    of_remarks,
    of_threads,
    present,
)

HEADS, TAGS = "refs/heads/", "refs/tags/"
COMMITS_LIMIT = 2048
K = TypeVar("K")


async def tell(call: Call) -> None:
    """Note everything that has happened in the repository of a call since the last time."""
    if not call.has_repo:
        return
    moved = call.world.courier.moved(call.repo)
    if moved is None or moved[0] is moved[1]:
        return
    about: Json = {
        "repository": repository(call, call.repo),
        "sender": user(call, call.grant.login),
        **organization(call, call.repo.owner),
    }
    async for event, action, parts in _news(call, *moved):
        told = ({"action": action} if action else {}) | about | parts
        call.world.courier.note(call.repo, event, action, told)


async def _news(call: Call, before: Seen, now: Seen) -> AsyncIterator[News]:
    """Yield events in the order in which GitHub's own parts act: git, threads, then machines."""
    for name, old, new in _moves(before.refs, now.refs):
        async for each in _push(call, name, old, new):
            yield each
    for part in (_labels, _milestones):
        for each in part(call, before.repo, now.repo):
            yield each
    async for each in of_threads(call, before.repo, now.repo):
        yield each
    for each in of_remarks(call, before.repo, now.repo):
        yield each
    for part in (_releases, _deployments, _statuses, _checks, _runs):
        for each in part(call, before.repo, now.repo):
            yield each


def _moves(
    before: Mapping[str, Ref], now: Mapping[str, Ref]
) -> Iterator[tuple[str, Ref | None, Ref | None]]:
    for name in {**before, **now}:
        old, new = before.get(name), now.get(name)
        if name.startswith((HEADS, TAGS)) and (old and old.sha) != (new and new.sha):
            yield name, old, new


async def _push(call: Call, name: str, old: Ref | None, new: Ref | None) -> AsyncIterator[News]:
    start, end = old.sha if old else NOTHING, new.sha if new else NOTHING
    shas: list[str] = []
    if new and name.startswith(HEADS):
        default = f"{HEADS}{call.repo.default_branch}"
        since = old.commit if old else default if name != default else ""
        span = [new.commit, *([f"^{since}"] if since and call.git.object(since) else [])]
        shas = await call.git.log("--reverse", f"--max-count={COMMITS_LIMIT}", *span)
    rows = [await _pushed(call, sha) for sha in shas]
    forced = bool(old and new) and await call.git.merge_base(start, end) != start
    times = {key: int(getattr(call.repo, key).timestamp()) for key in ("created_at", "pushed_at")}
    account = call.actor
    yield News(
        "push",
        None,
        {
            "ref": name,
            "before": start,
            "after": end,
            "created": old is None,
            "deleted": new is None,
            "forced": forced,
            "base_ref": None,
            "compare": call.html(f"compare/{start[:12]}...{end[:12]}"),
            "commits": rows,
            "head_commit": await _pushed(call, new.commit) if new else None,
            "pusher": {"name": account.login, "email": account.email},
            "repository": repository(call, call.repo) | times,
        },
    )
    if old and new:
        return
    kind, prefix = ("branch", HEADS) if name.startswith(HEADS) else ("tag", TAGS)
    made: Json = {
        "ref": name.removeprefix(prefix),
        "ref_type": kind,
        "pusher_type": "user",
    }
    if new:
        made |= {"master_branch": call.repo.default_branch, "description": call.repo.description}
    yield News("create" if new else "delete", None, made)


async def _pushed(call: Call, sha: str) -> Json:
    found = call.git.commit(sha)
    parent = found.parents[0] if found.parents else None
    changes = await call.git.diff(parent, sha, patches=False) if parent else []
    row = simple_commit(found)
    for side in ("author", "committer"):
        login = call.world.login_of(row[side]["email"])
        row[side] |= {"username": login} if login else {}
    paths: dict[str, list[str]] = {"added": [], "removed": [], "modified": []}
    for one in changes:
        paths.get(one.status, paths["modified"]).append(one.path)
    return row | {
        "distinct": True,
        "url": call.html("commit", sha),
        **paths,
    }


def _labels(call: Call, before: Repository, now: Repository) -> Iterator[News]:
    for old, new in changed(before.labels, now.labels):
        held = new or old
        action = "created" if old is None else "deleted" if new is None else "edited"
        if held:
            yield News("label", action, {"label": milestones.label(call, held)})


def _milestones(call: Call, before: Repository, now: Repository) -> Iterator[News]:
    for old, new in changed(before.milestones, now.milestones):
        shape = milestones.milestone(call, new) if new else {}
        if new is None:
            if old:
                yield News("milestone", "deleted", {"milestone": milestones.milestone(call, old)})
            continue
        if old is None:
            yield News("milestone", "created", {"milestone": shape})
            continue
        edits = {
            name: {"from": getattr(old, name)}
            for name in ("title", "description")
            if getattr(old, name) != getattr(new, name)
        }
        if old.due_on != new.due_on:
            edits["due_on"] = {"from": stamp(old.due_on)} if old.due_on else {"from": ""}
        if edits:
            yield News("milestone", "edited", {"milestone": shape, "changes": edits})
        if old.state != new.state:
            action = "closed" if new.state == "closed" else "opened"
            yield News("milestone", action, {"milestone": shape})


def _releases(call: Call, before: Repository, now: Repository) -> Iterator[News]:
    for old, new in changed(before.releases, now.releases):
        held = new or old
        if held is None:
            continue
        shape: Json = {"release": releases.release(call, held)}
        if new is None:
            yield News("release", "deleted", shape)
            continue
        if old is None:
            yield News("release", "created", shape)
        elif edits := _edits(old, new):
            yield News("release", "edited", shape | {"changes": edits})
        if new.draft and old is not None and not old.draft:
            yield News("release", "unpublished", shape)
        if not new.draft and (old is None or old.draft):
            yield News("release", "published", shape)
            yield News("release", "prereleased" if new.prerelease else "released", shape)
        elif old is not None and old.prerelease and not new.prerelease and not new.draft:
            yield News("release", "released", shape)


def _edits(old: Release, new: Release) -> Json:
    return {
        name: {"from": getattr(old, name) or ""}
        for name in ("name", "body")
        if getattr(old, name) != getattr(new, name)
    }


def _deployments(call: Call, before: Repository, now: Repository) -> Iterator[News]:
    for old, new in present(
        before.deployments, now.deployments
    ):  # of a deleted one nothing is said
        shape = deployments.deployment(call, new)
        nobody: Json = {"workflow": None, "workflow_run": None}
        if old is None:
            yield News("deployment", "created", {"deployment": shape, **nobody})
        here = replace(call, params={**call.params, "id": new.id})
        for status in new.statuses[len(old.statuses) if old else 0 :]:
            if status.state == "inactive":
                continue  # GitHub tells nobody of these
            told = deployments.status(here, status)
            parts = {"deployment_status": told, "deployment": shape, "check_run": None, **nobody}
            yield News("deployment_status", "created", parts)


def _statuses(call: Call, before: Repository, now: Repository) -> Iterator[News]:
    for status in now.statuses[len(before.statuses) :]:
        shape = checks.status(call, status)
        del shape["url"], shape["node_id"]
        branches = [
            {
                "name": ref.name.removeprefix(HEADS),
                "commit": {"sha": ref.commit, "url": call.url("commits", ref.commit)},
                "protected": False,
            }
            for ref in call.git.refs(HEADS)
            if ref.commit == status.sha
        ]
        told = commit(call, call.git.commit(status.sha))
        parts = {"sha": status.sha, "name": call.repo.full_name, "commit": told}
        yield News("status", None, shape | parts | {"branches": branches})


def _checks(call: Call, before: Repository, now: Repository) -> Iterator[News]:
    """Yield what became of checks; those of a workflow run are its jobs as well."""
    known = {run.id: run for run in before.checks}
    jobs = {run.suite: run for run in now.runs if run.suite}
    ended: dict[int, CheckRun] = {}
    for new in now.checks:
        old = known.get(new.id)
        if old == new:
            continue
        shape = checks.check_run(call, new) | {"check_suite": checks.simple_suite(call, new)}
        over = new.status == "completed"
        if old is None:
            yield News("check_run", "created", {"check_run": shape})
        if over and (old is None or old.status != "completed"):
            ended[new.suite] = new
            yield News("check_run", "completed", {"check_run": shape})
        of = jobs.get(new.suite)
        if of and (old is None or old.status != new.status):
            yield News("workflow_job", new.status, {"workflow_job": actions.job(call, new, of)})
    for suite in ended:
        held = [run for run in now.checks if run.suite == suite]
        if all(run.status == "completed" for run in held):
            shape = checks.suite(call, held)
            yield News("check_suite", "completed", {"check_suite": shape})


def _runs(call: Call, before: Repository, now: Repository) -> Iterator[News]:
    known = {run.id: run for run in before.runs}
    flows = {flow.id: flow for flow in now.workflows}
    for new in now.runs:
        old = known.get(new.id)
        if old == new:
            continue
        shape: Json = {
            "workflow_run": actions.run(call, new),
            "workflow": actions.workflow(call, flows[new.workflow]),
        }
        again = old is None or old.attempt != new.attempt
        if again:
            yield News("workflow_run", "requested", shape)
        if new.status != "queued" and (again or old is None or old.status != new.status):
            yield News("workflow_run", new.status, shape)
