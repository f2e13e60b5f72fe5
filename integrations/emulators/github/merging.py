"""Merging pull requests, by git itself: a merge commit, one squashed commit, or a rebase."""

from integrations.emulators.github.calls import Call, Json, Problem, Reply, Route, invalid, missing
from integrations.emulators.github.commits import commit
from integrations.emulators.github.git import Git, GitFailed, Signature
from integrations.emulators.github.mergeability import base_now, is_behind
from integrations.emulators.github.pulls import commits_of, one_of
from integrations.emulators.github.records import Pull
from integrations.emulators.github.rules import obstacle


async def merge(call: Call) -> Reply:
    """Merge a pull request."""
    found, method = one_of(call), str(call.body.get("merge_method") or "merge")
    if method not in ("merge", "squash", "rebase"):
        raise invalid("PullRequest", "invalid", "merge_method")
    if found.state != "open":
        raise Problem(405, "Pull Request is not mergeable")
    if found.draft:
        raise Problem(405, "Pull Request is still a draft")
    if call.body.get("sha") not in (None, found.head_sha):
        raise Problem(409, "Head branch was modified. Review and try the merge again.")
    if words := obstacle(call, found):
        raise Problem(405, words)
    if await is_behind(call, found):
        raise Problem(405, "Head branch is out of date. Review and try the merge again.")
    return Reply(await merged(call, found, method))


async def merged(call: Call, found: Pull, method: str) -> Json:
    """Let git merge a pull request that nothing stands against."""
    base, commits = base_now(call, found), await commits_of(call, found)
    try:
        sha = await _merge_commit(call, found, base, commits, method)
        call.git.set_ref(f"refs/heads/{found.base_ref}", sha, base)
    except GitFailed:
        raise Problem(405, "Pull Request is not mergeable") from None
    now = call.world.clock
    found.base_sha = await call.git.merge_base(base, found.head_sha) or base
    found.commits, found.merge_sha = commits, sha
    found.state, found.merged_at, found.closed_at, found.updated_at = "closed", now, now, now
    found.merged_by = found.closed_by = call.actor.login
    call.pushed()
    found.auto_merge = None
    call.repo.auto_merges = [one for one in call.repo.auto_merges if one != found.number]
    return {"sha": sha, "merged": True, "message": "Pull Request successfully merged"}


async def _merge_commit(call: Call, found: Pull, base: str, commits: list[str], method: str) -> str:
    """Return the new tip of the base branch; raise GitFailed on a conflict."""
    git, by = call.git, call.world.signature(call.actor.login, call.world.clock)
    title, text = call.body.get("commit_title"), call.body.get("commit_message")
    if method == "rebase":
        return await _rebased(git, base, commits, by)
    tree = await _tree(git, base, found.head_sha)
    if method == "squash":
        lines = [git.commit(sha).headline for sha in commits]
        rest = "\n\n".join(f"* {line}" for line in lines) if len(lines) > 1 else ""
        message = (
            f"{title or f'{found.title} (#{found.number})'}\n\n{rest if text is None else text}"
        )
        author = call.world.signature(found.author, call.world.clock)
        return git.commit_tree(tree, [base], message, author, by)
    source = f"{call.repo.owner}/{found.head_ref}"
    first = title or f"Merge pull request #{found.number} from {source}"
    message = f"{first}\n\n{found.title if text is None else text}"
    return git.commit_tree(tree, [base, found.head_sha], message, by, by)


async def _tree(git: Git, ours: str, theirs: str) -> str:
    out = await git.run("merge-tree", "--write-tree", ours, theirs)
    return out.decode().split("\n", 1)[0]


async def _rebased(git: Git, base: str, commits: list[str], by: Signature) -> str:
    """Put the commits on top of `base`, one after the other."""
    tip = base
    for sha in commits:
        commit = git.commit(sha)
        if len(commit.parents) > 1:
            continue  # a rebase leaves merges out
        # merge-tree finds its own merge base: a stand-in for our tip that grows from the
        # picked commit's parent makes it exactly that parent, which is a cherry-pick.
        ours = git.commit_tree(git.commit(tip).tree, commit.parents, "stand-in", by, by)
        tree = await _tree(git, ours, sha)
        tip = git.commit_tree(tree, [tip], commit.message, commit.author, by)
    return tip


async def _merged(call: Call) -> Reply:
    """Tell by the status alone whether a pull request was merged."""
    if one_of(call).merged_at is None:
        raise missing()
    return Reply(None, 204)


async def _update_branch(call: Call) -> Reply:
    """Merge the base branch into the branch of a pull request."""
    found, git = one_of(call), call.git
    if call.body.get("expected_head_sha") not in (None, found.head_sha):
        raise Problem(422, "expected head sha didn\u2019t match current head ref.")
    base = base_now(call, found)
    if await git.merge_base(base, found.head_sha) == base:
        raise Problem(422, "There are no new commits on the base branch.")
    words = f"Merge branch '{found.base_ref}' into {found.head_ref}"
    await _joined(call, found.head_ref, base, words)
    body: Json = {
        "message": "Updating pull request branch.",
        "url": call.url("pulls", found.number),
    }
    return Reply(body, 202)


async def _merge_refs(call: Call) -> Reply:
    """Merge a branch or commit into a branch."""
    base, head = call.required("base", "Merge"), call.required("head", "Merge")
    into, what = call.git.object(f"refs/heads/{base}"), call.git.resolve(head)
    if into is None:
        raise Problem(404, "Base does not exist")
    if what is None:
        raise Problem(404, "Head does not exist")
    if await call.git.merge_base(into[0], what) == what:
        return Reply(None, 204)
    words = str(call.body.get("commit_message") or f"Merge {head} into {base}")
    made = await _joined(call, base, what, words)
    return Reply(commit(call, call.git.commit(made)), 201)


async def _joined(call: Call, branch: str, what: str, message: str) -> str:
    """Merge a commit into a branch; 409 on a conflict."""
    git, by = call.git, call.world.signature(call.actor.login, call.world.clock)
    tip = (git.object(f"refs/heads/{branch}") or ("",))[0]
    try:
        tree = await _tree(git, tip, what)
    except GitFailed:
        raise Problem(409, "Merge conflict") from None
    made = git.commit_tree(tree, [tip, what], message, by, by)
    git.set_ref(f"refs/heads/{branch}", made, tip)
    call.pushed()
    return made


async def merged_by_itself(call: Call, found: Pull) -> bool:
    """Merge a pull request that waits for nothing but what is required, once that is there."""
    if found.auto_merge is None or found.state != "open" or obstacle(call, found):
        return False
    if await is_behind(call, found):
        return False
    try:
        await merged(call, found, found.auto_merge[0])
    except Problem:
        return False  # a conflict: it waits on
    return True


ROUTES: list[Route] = [
    ("GET", "/repos/{owner}/{repo}/pulls/{number:int}/merge", _merged),
    ("PUT", "/repos/{owner}/{repo}/pulls/{number:int}/merge", merge),
    ("PUT", "/repos/{owner}/{repo}/pulls/{number:int}/update-branch", _update_branch),
    ("POST", "/repos/{owner}/{repo}/merges", _merge_refs),
]
