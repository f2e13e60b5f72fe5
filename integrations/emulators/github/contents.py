"""Files over REST: read one or a folder, write or remove one with a commit."""

import asyncio

from integrations.emulators.github.calls import Call, Json, Problem, Reply, Route, missing
from integrations.emulators.github.commits import git_commit, resolved
from integrations.emulators.github.git import GitFailed, Signature
from integrations.emulators.github.references import unwrapped, wrapped

_INLINE_LIMIT = 1_000_000  # bytes; larger files come through the blobs API
_KINDS = {"tree": "dir", "blob": "file", "commit": "submodule"}


async def _read(call: Call) -> Reply:
    path = call.params.get("path", "").strip("/")
    ref = call.query.get("ref") or call.repo.default_branch
    sha = call.git.resolve(ref)
    if sha is None:
        raise Problem(404, f"No commit found for the ref {ref}")
    name = f"{sha}:{path}" if path else f"{sha}^{{tree}}"
    found = call.git.object(name)
    if found is None:
        raise missing()
    if found[1] == "tree":
        rows = (await call.git.run("ls-tree", "-z", "-l", found[0])).decode(errors="replace")
        return Reply([_row(call, path, ref, line) for line in rows.split("\0")[:-1]])
    entry = await call.git.run("ls-tree", "-z", "-l", sha, "--", path)
    body = _row(call, path.rpartition("/")[0], ref, entry.decode(errors="replace").rstrip("\0"))
    content = found[2] if found[1] == "blob" else b""
    small = len(content) <= _INLINE_LIMIT
    if body["type"] == "symlink":
        return Reply(body | {"target": content.decode(errors="replace")})
    return Reply(
        body
        | {"encoding": "base64" if small else "none", "content": wrapped(content) if small else ""}
    )


def _row(call: Call, folder: str, ref: str, line: str) -> Json:
    head, _, name = line.partition("\t")
    mode, kind, sha, size = head.split()
    name = name.rpartition("/")[2]
    path = f"{folder}/{name}".lstrip("/")
    url = f"{call.url('contents', path)}?ref={ref}"
    git = call.url("git", "trees" if kind == "tree" else "blobs", sha)
    html = call.html("tree" if kind == "tree" else "blob", ref, path)
    return {
        "name": name,
        "path": path,
        "sha": sha,
        "size": int(size) if size.isdecimal() else 0,
        "url": url,
        "html_url": html,
        "git_url": git,
        "download_url": call.html("raw", ref, path) if kind == "blob" else None,
        "type": "symlink" if mode == "120000" else _KINDS[kind],
        "_links": {"self": url, "git": git, "html": html},
    }


async def _write(call: Call) -> Reply:
    path, message = call.params["path"].strip("/"), call.required("message", "Content")
    content = unwrapped(call.required("content", "Content")) if call.body.get("content") else b""
    branch, head, old = _now(call, path)
    given = call.body.get("sha")
    if old and not given:
        raise Problem(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if given and given != old:
        raise Problem(409, f"{path} does not match {given}")
    blob = call.git.write("blob", content)
    commit = await _commit(call, branch, head, message, f"100644 {blob}\t{path}")
    entry = (await call.git.run("ls-tree", "-z", "-l", commit, "--", path)).decode()
    row = _row(call, path.rpartition("/")[0], branch, entry.rstrip("\0"))
    made = git_commit(call, call.git.commit(commit))
    return Reply({"content": row, "commit": made}, 200 if old else 201)


async def _delete(call: Call) -> Reply:
    path, message = call.params["path"].strip("/"), call.required("message", "Content")
    branch, head, old = _now(call, path)
    if old is None:
        raise missing()
    if (given := call.required("sha", "Content")) != old:
        raise Problem(409, f"{path} does not match {given}")
    commit = await _commit(call, branch, head, message, f"0 {'0' * 40}\t{path}")
    return Reply({"content": None, "commit": git_commit(call, call.git.commit(commit))})


def _now(call: Call, path: str) -> tuple[str, str | None, str | None]:
    """Return the branch, its head and the file's present blob."""
    branch = str(call.body.get("branch") or call.repo.default_branch)
    found = call.git.object(f"refs/heads/{branch}")
    if found is None:
        if call.git.refs("refs/heads/"):
            raise Problem(404, f"Branch {branch} not found")
        return branch, None, None
    old = call.git.object(f"{found[0]}:{path}")
    return branch, found[0], old[0] if old and old[1] == "blob" else None


async def _commit(call: Call, branch: str, head: str | None, message: str, line: str) -> str:
    """Commit one index line on top of a branch, and move the branch if it is still there."""
    try:
        tree = await asyncio.to_thread(call.git.write_tree, [line], head)
    except GitFailed as error:
        raise Problem(422, f"path contains a malformed path component: {str(error)[:80]}") from None
    author, by = _who(call, "author"), _who(call, "committer")
    sha = call.git.commit_tree(tree, [head] if head else [], message, author, by)
    try:
        call.git.set_ref(f"refs/heads/{branch}", sha, head or "0" * 40)
    except GitFailed:
        raise Problem(409, f"{branch} is at another commit than expected {head}") from None
    call.pushed()
    return sha


def _who(call: Call, field: str) -> Signature:
    mine = call.world.signature(call.actor.login, call.world.clock)
    given = call.body.get(field)
    if not isinstance(given, dict):
        return mine
    clean = {k: str(v).translate({ord(c): None for c in "<>\n"}) for k, v in given.items()}
    return Signature(clean.get("name", mine.name), clean.get("email", mine.email), mine.at)


async def _readme(call: Call) -> Reply:
    sha = resolved(call, call.query.get("ref") or call.repo.default_branch)
    names = (await call.git.run("ls-tree", "-z", "--name-only", sha)).decode().split("\0")
    found = next((n for n in names if n.lower().startswith("readme")), None)
    if found is None:
        raise missing()
    call.params = {**call.params, "path": found}
    return await _read(call)


ROUTES: list[Route] = [
    ("GET", "/repos/{owner}/{repo}/readme", _readme),
    ("GET", "/repos/{owner}/{repo}/contents", _read),
    ("GET", "/repos/{owner}/{repo}/contents/{path:path}", _read),
    ("PUT", "/repos/{owner}/{repo}/contents/{path:path}", _write),
    ("DELETE", "/repos/{owner}/{repo}/contents/{path:path}", _delete),
]
