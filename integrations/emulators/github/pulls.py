"""Pull requests: lists, one with what git says about it, opening and changing."""

from integrations.emulators.github.accounts import maybe_user, team, user
from integrations.emulators.github.calls import (
    Call,
    Json,
    Problem,
    Reply,
    Route,
    invalid,
    maybe,
    node_id,
)
from integrations.emulators.github.commits import change as file_row
from integrations.emulators.github.commits import commit
from integrations.emulators.github.issues import association, change, ordered, shared
from integrations.emulators.github.mergeability import base_now, fits, merge_state
from integrations.emulators.github.records import Pull
from integrations.emulators.github.repositories import repository

_COMMITS_LIMIT = 250
_FILES_LIMIT = 3000


def pull(call: Call, found: Pull) -> Json:
    """Return a pull request as it stands in lists (`pull-request-simple`)."""
    url, html = call.url("pulls", found.number), call.html("pull", found.number)
    issue, statuses = call.url("issues", found.number), call.url("statuses", found.head_sha)
    addresses = {
        "self": url,
        "html": html,
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{url}/comments",
        "review_comment": f"{call.url('pulls/comments')}{{/number}}",
        "commits": f"{url}/commits",
        "statuses": statuses,
    }
    return shared(call, found) | {
        "url": url,
        "node_id": node_id("PullRequest", found.id),
        "html_url": html,
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "issue_url": issue,
        "commits_url": addresses["commits"],
        "review_comments_url": addresses["review_comments"],
        "review_comment_url": addresses["review_comment"],
        "comments_url": addresses["comments"],
        "statuses_url": statuses,
        "draft": found.draft,
        "merged_at": maybe(found.merged_at),
        "merge_commit_sha": found.merge_sha,
        "requested_reviewers": [user(call, login) for login in found.reviewers],
        "requested_teams": [team(call, slug) for slug in found.teams],
        "head": _side(call, found.head_ref, found.head_sha),
        "base": _side(call, found.base_ref, found.base_sha),
        "_links": {name: {"href": address} for name, address in addresses.items()},
        "author_association": association(call, found.author),
        "auto_merge": _auto_merge(call, found),
    }


def _auto_merge(call: Call, found: Pull) -> Json | None:
    if found.auto_merge is None:
        return None
    method, login = found.auto_merge
    said = {"merge_method": method, "commit_title": found.title, "commit_message": found.body}
    return said | {"enabled_by": user(call, login)}


def _side(call: Call, ref: str, sha: str) -> Json:
    if "repository" not in call.cache:  # the same for both sides of every pull in a list
        call.cache["repository"] = repository(call, call.repo)
    return {
        "label": f"{call.repo.owner}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": user(call, call.repo.owner),
        "repo": call.cache["repository"],
    }


async def full(call: Call, found: Pull) -> Json:
    """Return a pull request with its size and whether it can be merged (`pull-request`)."""
    fork = await fork_point(call, found)
    added, deleted, files = (await call.git.sizes([(fork, found.head_sha)]))[0]
    told = await fits(call, found)
    return pull(call, found) | {
        "merged": found.merged_at is not None,
        "mergeable": told,
        "rebaseable": told,
        "mergeable_state": await merge_state(call, found, told),
        "merged_by": maybe_user(call, found.merged_by),
        "comments": len(found.comments),
        "review_comments": sum(one.pull == found.number for one in call.repo.remarks.values()),
        "maintainer_can_modify": False,
        "commits": len(await commits_of(call, found)),
        "additions": added,
        "deletions": deleted,
        "changed_files": files,
    }


async def fork_point(call: Call, found: Pull) -> str:
    """Return the commit from which the changes of a pull request are counted."""
    if found.merged_at is not None:
        return found.base_sha
    return await call.git.merge_base(base_now(call, found), found.head_sha) or found.base_sha


async def commits_of(call: Call, found: Pull) -> list[str]:
    """Return the commits of a pull request, oldest first."""
    if found.commits:
        return found.commits
    span = f"{base_now(call, found)}..{found.head_sha}"
    return await call.git.log("--reverse", "--topo-order", span)


async def _listing(call: Call) -> Reply:
    query, state = call.query, call.query.get("state", "open")
    found = [p for p in call.repo.pulls.values() if state in ("all", p.state)]
    if head := query.get("head"):
        owner, colon, ref = head.rpartition(":")
        mine = not colon or owner.lower() == call.repo.owner.lower()
        found = [p for p in found if mine and p.head_ref == ref]
    if base := query.get("base"):
        found = [p for p in found if p.base_ref == base]
    return call.listed(ordered(call, found), pull)


def one_of(call: Call) -> Pull:
    """Return the pull request of the path."""
    return call.one(call.repo.pulls, "number")


async def _one(call: Call) -> Reply:
    found = one_of(call)
    await fits(call, found, looks=True)
    return Reply(await full(call, found))


async def create(call: Call) -> Reply:
    """Open a pull request."""
    repo, now = call.repo, call.world.clock
    base = call.required("base", "PullRequest")
    head = call.required("head", "PullRequest").rpartition(":")[2]
    title = call.required("title", "PullRequest")
    ends = {
        name: call.git.object(f"refs/heads/{ref}") for name, ref in (("head", head), ("base", base))
    }
    for name, end in ends.items():
        if end is None:
            raise invalid("PullRequest", "invalid", name)
    head_sha, base_sha = (end[0] for end in ends.values() if end)
    if any(
        p.state == "open" and (p.head_ref, p.base_ref) == (head, base) for p in repo.pulls.values()
    ):
        words = f"A pull request already exists for {repo.owner}:{head}."
        raise invalid("PullRequest", "custom", "", words)
    if not await call.git.count(f"{base_sha}..{head_sha}"):
        raise invalid("PullRequest", "custom", "", f"No commits between {base} and {head}")
    made = Pull(
        id=call.world.next_id(),
        number=repo.last_number + 1,
        title=title,
        author=call.actor.login,
        created_at=now,
        updated_at=now,
        body=str(call.body.get("body") or ""),
        draft=bool(call.body.get("draft")),
        head_ref=head,
        head_sha=head_sha,
        base_ref=base,
        base_sha=base_sha,
        tried="",
    )
    call.git.set_ref(f"refs/pull/{made.number}/head", head_sha)
    repo.last_number += 1
    repo.pulls[made.number] = made
    return Reply(await full(call, made), 201, {"location": call.url("pulls", made.number)})


async def update(call: Call) -> Reply:
    """Change a pull request."""
    found = one_of(call)
    if found.merged_at and call.body.get("state") == "open":
        raise invalid(
            "PullRequest",
            "invalid",
            "state",
            "state cannot be changed. The pull request is merged.",
        )
    if base := call.body.get("base"):
        if call.git.object(f"refs/heads/{base}") is None:
            raise invalid("PullRequest", "invalid", "base")
        found.base_ref = base
    change(call, found)
    return Reply(await full(call, found))


async def _files(call: Call) -> Reply:
    found = one_of(call)
    changes = await call.git.diff(await fork_point(call, found), found.head_sha)
    rows = [file_row(call, found.head_sha, one) for one in call.cut(changes[:_FILES_LIMIT])]
    return Reply(rows, headers=call.links(min(len(changes), _FILES_LIMIT)))


async def _commits(call: Call) -> Reply:
    shas = (await commits_of(call, one_of(call)))[:_COMMITS_LIMIT]
    rows = [commit(call, call.git.commit(sha)) for sha in call.cut(shas)]
    return Reply(rows, headers=call.links(len(shas)))


async def _of_commit(call: Call) -> Reply:
    """List the pull requests that brought a commit into the repository."""
    sha = call.git.resolve(call.params["sha"])
    if sha is None:
        raise Problem(422, f"No commit found for SHA: {call.params['sha']}")
    found = [p for p in call.repo.pulls.values() if sha in (p.merge_sha, p.head_sha, *p.commits)]
    return call.listed(found, pull)


ROUTES: list[Route] = [
    ("GET", "/repos/{owner}/{repo}/pulls", _listing),
    ("POST", "/repos/{owner}/{repo}/pulls", create),
    ("GET", "/repos/{owner}/{repo}/pulls/{number:int}", _one),
    ("PATCH", "/repos/{owner}/{repo}/pulls/{number:int}", update),
    ("GET", "/repos/{owner}/{repo}/pulls/{number:int}/files", _files),
    ("GET", "/repos/{owner}/{repo}/pulls/{number:int}/commits", _commits),
    ("GET", "/repos/{owner}/{repo}/commits/{sha}/pulls", _of_commit),
]
