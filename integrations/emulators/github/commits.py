"""Commits, comparisons and what they changed."""

from integrations.emulators.github.accounts import user
from integrations.emulators.github.calls import (
    Call,
    Json,
    Problem,
    Reply,
    Route,
    missing,
    moment,
    node_id,
    stamp,
)
from integrations.emulators.github.diffs import Change
from integrations.emulators.github.git import Commit, Signature

EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
COMPARE_LIMIT = 250
FILES_LIMIT = 300
_UNSIGNED = {
    "verified": False,
    "reason": "unsigned",
    "signature": None,
    "payload": None,
    "verified_at": None,
}


def commit(call: Call, found: Commit) -> Json:
    """Return a commit with the accounts behind it (`commit`)."""
    url = call.url("commits", found.sha)
    return {
        "sha": found.sha,
        "node_id": node_id("Commit", found.sha),
        "commit": {
            "author": person(found.author),
            "committer": person(found.committer),
            "message": found.message,
            "tree": {"sha": found.tree, "url": call.url("git/trees", found.tree)},
            "url": call.url("git/commits", found.sha),
            "comment_count": 0,
            "verification": _UNSIGNED,
        },
        "url": url,
        "html_url": call.html("commit", found.sha),
        "comments_url": f"{url}/comments",
        "author": _account(call, found.author),
        "committer": _account(call, found.committer),
        "parents": [_parent(call, sha) for sha in found.parents],
    }


def person(who: Signature) -> Json:
    """Return the name, address and time written into a commit or tag."""
    return {"name": who.name, "email": who.email, "date": stamp(who.at)}


def git_commit(call: Call, found: Commit) -> Json:
    """Return a bare commit object (`git-commit`)."""
    return {
        "sha": found.sha,
        "node_id": node_id("Commit", found.sha),
        "url": call.url("git/commits", found.sha),
        "html_url": call.html("commit", found.sha),
        "author": person(found.author),
        "committer": person(found.committer),
        "tree": {"sha": found.tree, "url": call.url("git/trees", found.tree)},
        "message": found.message,
        "parents": [_parent(call, sha) for sha in found.parents],
        "verification": _UNSIGNED,
    }


def simple_commit(found: Commit) -> Json:
    """Return the form that runs and suites carry."""
    return {
        "id": found.sha,
        "tree_id": found.tree,
        "message": found.message,
        "timestamp": stamp(found.committer.at),
        "author": {"name": found.author.name, "email": found.author.email},
        "committer": {"name": found.committer.name, "email": found.committer.email},
    }


def change(call: Call, sha: str, found: Change) -> Json:
    """Return one changed file (`diff-entry`)."""
    row: Json = {
        "sha": found.sha,
        "filename": found.path,
        "status": found.status,
        "additions": found.additions,
        "deletions": found.deletions,
        "changes": found.additions + found.deletions,
        "blob_url": call.html("blob", sha, found.path),
        "raw_url": call.html("raw", sha, found.path),
        "contents_url": f"{call.url('contents', found.path)}?ref={sha}",
    }
    if found.patch:
        row["patch"] = found.patch
    if found.previous:
        row["previous_filename"] = found.previous
    return row


def _account(call: Call, who: Signature) -> Json | None:
    login = call.world.login_of(who.email)
    return user(call, login) if login else None


def _parent(call: Call, sha: str) -> Json:
    return {
        "sha": sha,
        "url": call.url("commits", sha),
        "html_url": call.html("commit", sha),
    }


def resolved(call: Call, name: str) -> str:
    """Return the commit that a caller named; 422 or 404 in GitHub's words."""
    sha = call.git.resolve(name)
    if sha is None:
        raise Problem(422, f"No commit found for SHA: {name}")
    return sha


async def _listing(call: Call) -> Reply:
    if not call.git.refs("refs/heads/"):
        raise Problem(409, "Git Repository is empty.")
    sha = call.git.resolve(call.query.get("sha") or call.repo.default_branch)
    if sha is None:
        raise missing()
    wanted = [sha]
    bounds = [name for name in ("since", "until") if call.query.get(name)]
    wanted += [f"--{name}={stamp(moment(call.query[name]))}" for name in bounds]
    if author := call.query.get("author"):
        known = call.world.accounts.get(author)
        wanted += ["--fixed-strings", f"--author=<{known.email if known else author}>"]
    path = ["--", f":(literal){call.query['path']}"] if call.query.get("path") else []
    total = await call.git.count(*wanted, *path)
    skip = f"--skip={(call.page - 1) * call.per_page}"
    shas = await call.git.log(skip, f"--max-count={call.per_page}", *wanted, *path)
    return Reply([commit(call, call.git.commit(s)) for s in shas], headers=call.links(total))


async def _one(call: Call) -> Reply:
    found = call.git.commit(resolved(call, call.params["ref"]))
    changes = await call.git.diff(found.parents[0] if found.parents else EMPTY_TREE, found.sha)
    added, deleted = sum(c.additions for c in changes), sum(c.deletions for c in changes)
    return Reply(
        commit(call, found)
        | {
            "stats": {"total": added + deleted, "additions": added, "deletions": deleted},
            "files": [change(call, found.sha, c) for c in changes[:FILES_LIMIT]],
        }
    )


async def _compare(call: Call) -> Reply:
    base, dots, head = call.params["basehead"].partition("...")
    start = call.git.resolve(base.rpartition(":")[2]) if dots else None
    end = call.git.resolve(head.rpartition(":")[2]) if dots else None
    if start is None or end is None:
        raise missing()
    fork = await call.git.merge_base(start, end)
    if fork is None:
        raise Problem(404, f"No common ancestor between {base} and {head}.")
    ahead = await call.git.log("--reverse", "--topo-order", f"{start}..{end}")
    behind = await call.git.count(f"{end}..{start}")
    size = call.per_page if "per_page" in call.query or "page" in call.query else COMPARE_LIMIT
    first = (call.page - 1) * size
    changes = await call.git.diff(fork, end) if call.page == 1 else []
    status = {(True, True): "diverged", (True, False): "ahead", (False, True): "behind"}
    url = call.url(f"compare/{base}...{head}")
    html = call.html(f"compare/{base}...{head}")
    body = {
        "url": url,
        "html_url": html,
        "permalink_url": call.html(f"compare/{start}...{end}"),
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "base_commit": commit(call, call.git.commit(start)),
        "merge_base_commit": commit(call, call.git.commit(fork)),
        "status": status.get((bool(ahead), bool(behind)), "identical"),
        "ahead_by": len(ahead),
        "behind_by": behind,
        "total_commits": len(ahead),
        "commits": [commit(call, call.git.commit(sha)) for sha in ahead[first : first + size]],
        "files": [change(call, end, c) for c in changes[:FILES_LIMIT]],
    }
    return Reply(body, headers=call.links(len(ahead)) if size == call.per_page else {})


ROUTES: list[Route] = [
    ("GET", "/repos/{owner}/{repo}/commits", _listing),
    ("GET", "/repos/{owner}/{repo}/compare/{basehead:path}", _compare),
]
LAST: list[Route] = [  # a ref may hold slashes, so this one would swallow …/check-runs
    ("GET", "/repos/{owner}/{repo}/commits/{ref:path}", _one),
]
