"""The git database over REST: references, tags, commits, trees and blobs."""

import asyncio
import base64
import binascii

from integrations.emulators.github.calls import (
    Call,
    Json,
    Problem,
    Reply,
    Route,
    invalid,
    missing,
    moment,
    node_id,
)
from integrations.emulators.github.commits import git_commit, person
from integrations.emulators.github.git import GitFailed, Ref, Signature, Tag

NOTHING = "0" * 40
_MODES = {"100644", "100755", "040000", "160000", "120000"}


def reference(call: Call, ref: Ref) -> Json:
    """Return a reference and the object it names (`git-ref`)."""
    kind = {"commit": "commits", "tag": "tags", "tree": "trees"}.get(ref.kind, "blobs")
    return {
        "ref": ref.name,
        "node_id": node_id("Ref", f"{call.repo.id}:{ref.name}"),
        "url": call.url("git", ref.name),
        "object": {"sha": ref.sha, "type": ref.kind, "url": call.url("git", kind, ref.sha)},
    }


def _reference(call: Call, name: str) -> Ref | None:
    found = call.git.object(name) if name.startswith("refs/") else None
    return Ref(name, found[0], found[1], found[0]) if found else None


async def _one(call: Call) -> Reply:
    ref = _reference(call, f"refs/{call.params['ref']}")
    if ref is None:
        raise missing()
    return Reply(reference(call, ref))


async def _matching(call: Call) -> Reply:
    return call.listed(call.git.refs(f"refs/{call.params.get('ref', '')}"), reference)


async def _create(call: Call) -> Reply:
    name, sha = call.required("ref", "Reference"), call.required("sha", "Reference")
    if not name.startswith("refs/") or name.count("/") < 2 or not call.git.valid_ref(name):  # noqa: PLR2004
        raise Problem(422, f"{name} is not a valid ref name.")
    _object(call, sha)
    if _reference(call, name) is not None:
        raise Problem(422, "Reference already exists")
    try:
        call.git.set_ref(name, sha, NOTHING)
    except GitFailed as error:  # a branch `a` leaves no room for `a/b`
        raise Problem(422, "Reference cannot be created: " + str(error)[:120]) from None
    call.pushed()
    made = Ref(name, sha, _object(call, sha), sha)
    return Reply(reference(call, made), 201, {"location": call.url("git", name)})


async def _update(call: Call) -> Reply:
    name, sha = f"refs/{call.params['ref']}", call.required("sha", "Reference")
    old = _reference(call, name)
    if old is None:
        raise Problem(422, "Reference does not exist")
    kind = _object(call, sha)
    forced = bool(call.body.get("force"))
    rule = call.repo.protections.get(name.removeprefix("refs/heads/"))
    if rule and (rule.approvals or rule.checks):
        words = "Changes must be made through a pull request."
        raise Problem(422, f"Protected branch update failed for {name}.\n\n{words}")
    if not forced and await call.git.merge_base(old.sha, sha) != old.sha:
        raise Problem(422, "Update is not a fast forward")
    call.git.set_ref(name, sha, old.sha)
    call.pushed()
    return Reply(reference(call, Ref(name, sha, kind, sha)))


async def _delete(call: Call) -> Reply:
    name = f"refs/{call.params['ref']}"
    if _reference(call, name) is None:
        raise Problem(422, "Reference does not exist")
    if name == f"refs/heads/{call.repo.default_branch}":
        raise Problem(422, "Cannot delete the default branch")
    rule = call.repo.protections.get(name.removeprefix("refs/heads/"))
    if rule and not rule.deletions:
        raise Problem(422, "Cannot delete this protected branch")
    call.git.delete_ref(name)
    call.pushed()
    return Reply(None, 204)


def _object(call: Call, sha: str) -> str:
    """Return the kind of an object that must exist."""
    found = call.git.object(sha) if len(sha) == len(NOTHING) else None
    if found is None or found[0] != sha:
        raise Problem(422, "Object does not exist")
    return found[1]


def tag_object(call: Call, tag: Tag) -> Json:
    """Return an annotated tag (`git-tag`)."""
    kind = {"commit": "commits", "tag": "tags", "tree": "trees"}.get(tag.kind, "blobs")
    return {
        "node_id": node_id("Tag", tag.sha),
        "sha": tag.sha,
        "url": call.url("git/tags", tag.sha),
        "tagger": person(tag.tagger),
        "object": {"sha": tag.target, "type": tag.kind, "url": call.url("git", kind, tag.target)},
        "tag": tag.name,
        "message": tag.message,
        "verification": {
            "verified": False,
            "reason": "unsigned",
            "signature": None,
            "payload": None,
            "verified_at": None,
        },
    }


async def _create_tag(call: Call) -> Reply:
    name, message = call.required("tag", "Tag"), str(call.body.get("message", ""))
    target, kind = call.required("object", "Tag"), call.required("type", "Tag")
    if not call.git.valid_ref(f"refs/tags/{name}"):
        raise Problem(422, f"{name} is not a valid tag name.")
    if _object(call, target) != kind:
        raise Problem(422, "Object does not exist")
    by = _signature(call, "tagger")
    raw = f"object {target}\ntype {kind}\ntag {name}\ntagger {by}\n\n{message}\n"
    sha = call.git.write("tag", raw.encode())
    return Reply(tag_object(call, Tag(sha, name, target, kind, by, message)), 201)


def _signature(call: Call, field: str) -> Signature:
    given = call.body.get(field)
    by = call.world.signature(call.actor.login, call.world.clock)
    if not isinstance(given, dict):
        return by
    clean = {
        key: str(value).translate({ord(c): None for c in "<>\n"}) for key, value in given.items()
    }
    at = moment(clean["date"]) if clean.get("date") else by.at
    return Signature(clean.get("name", by.name), clean.get("email", by.email), at)


async def _one_tag(call: Call) -> Reply:
    tag = call.git.tag(call.params["sha"])
    if tag is None:
        raise missing()
    return Reply(tag_object(call, tag))


async def _one_commit(call: Call) -> Reply:
    try:
        return Reply(git_commit(call, call.git.commit(call.params["sha"])))
    except GitFailed:
        raise missing() from None


async def _create_commit(call: Call) -> Reply:
    message, tree = call.required("message", "Commit"), call.required("tree", "Commit")
    if _object(call, tree) != "tree":
        raise Problem(422, "Tree SHA does not exist")
    parents = [str(sha) for sha in call.body.get("parents", [])]
    if any(_object(call, sha) != "commit" for sha in parents):
        raise Problem(422, "Parent SHA does not exist or is not a commit object")
    author = _signature(call, "author")
    by = _signature(call, "committer") if call.body.get("committer") else author
    sha = call.git.commit_tree(tree, parents, message, author, by)
    return Reply(git_commit(call, call.git.commit(sha)), 201)


async def _one_tree(call: Call) -> Reply:
    found = call.git.object(f"{call.params['sha']}^{{tree}}")
    if found is None:
        raise missing()
    deep = ["-r", "-t"] if call.query.get("recursive") else []
    return Reply(await _tree(call, found[0], deep))


async def _tree(call: Call, sha: str, flags: list[str]) -> Json:
    out = await call.git.run("ls-tree", "-z", "-l", *flags, sha)
    rows: list[Json] = []
    for line in out.decode(errors="replace").split("\0")[:-1]:
        head, _, path = line.partition("\t")
        mode, kind, name, size = head.split()
        row: Json = {"path": path, "mode": mode, "type": kind, "sha": name}
        if kind == "blob":
            row |= {"size": int(size), "url": call.url("git/blobs", name)}
        elif kind == "tree":
            row["url"] = call.url("git/trees", name)
        rows.append(row)
    return {"sha": sha, "url": call.url("git/trees", sha), "tree": rows, "truncated": False}


async def _create_tree(call: Call) -> Reply:
    entries, base = call.body.get("tree"), call.body.get("base_tree")
    if not isinstance(entries, list) or not entries:
        raise invalid("Tree", "missing_field", "tree")
    lines = [_index_line(call, entry) for entry in entries]
    try:
        sha = await asyncio.to_thread(call.git.write_tree, lines, str(base) if base else None)
    except GitFailed as error:
        raise Problem(422, f"GitRPC::BadObjectState: {str(error)[:120]}") from None
    return Reply(await _tree(call, sha, []), 201)


def _index_line(call: Call, entry: Json) -> str:
    path, mode = str(entry.get("path", "")), str(entry.get("mode", "100644"))
    if not path or "\0" in path or mode not in _MODES:
        raise Problem(422, "tree.path contains a malformed path component")
    if "content" in entry:
        sha = call.git.write("blob", str(entry["content"]).encode())
    elif entry.get("sha") is None:
        return f"0 {NOTHING}\t{path}"
    else:
        sha = str(entry["sha"])
    return f"{mode} {sha}\t{path}"


async def _one_blob(call: Call) -> Reply:
    found = call.git.object(call.params["sha"])
    if found is None or found[1] != "blob":
        raise missing()
    sha, _, content = found
    return Reply(
        _blob(call, sha) | {"content": wrapped(content), "encoding": "base64", "size": len(content)}
    )


async def _create_blob(call: Call) -> Reply:
    content = call.body.get("content")
    if not isinstance(content, str):
        raise invalid("Blob", "missing_field", "content")
    raw = unwrapped(content) if call.body.get("encoding") == "base64" else content.encode()
    return Reply(_blob(call, call.git.write("blob", raw)), 201)


def _blob(call: Call, sha: str) -> Json:
    return {"sha": sha, "node_id": node_id("Blob", sha), "url": call.url("git/blobs", sha)}


def wrapped(content: bytes) -> str:
    """Return base64 in lines of 60 characters, as GitHub sends it."""
    text = base64.b64encode(content).decode()
    return "".join(f"{text[i : i + 60]}\n" for i in range(0, len(text), 60))


def unwrapped(text: str) -> bytes:
    """Read base64 that a caller sent; 422 if it is none."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except binascii.Error:
        raise Problem(422, "content is not valid Base64") from None


ROUTES: list[Route] = [
    ("GET", "/repos/{owner}/{repo}/git/ref/{ref:path}", _one),
    ("GET", "/repos/{owner}/{repo}/git/matching-refs/{ref:path}", _matching),
    ("GET", "/repos/{owner}/{repo}/git/refs", _matching),
    ("POST", "/repos/{owner}/{repo}/git/refs", _create),
    ("GET", "/repos/{owner}/{repo}/git/refs/{ref:path}", _one),
    ("PATCH", "/repos/{owner}/{repo}/git/refs/{ref:path}", _update),
    ("DELETE", "/repos/{owner}/{repo}/git/refs/{ref:path}", _delete),
    ("POST", "/repos/{owner}/{repo}/git/tags", _create_tag),
    ("GET", "/repos/{owner}/{repo}/git/tags/{sha}", _one_tag),
    ("POST", "/repos/{owner}/{repo}/git/commits", _create_commit),
    ("GET", "/repos/{owner}/{repo}/git/commits/{sha}", _one_commit),
    ("POST", "/repos/{owner}/{repo}/git/trees", _create_tree),
    ("GET", "/repos/{owner}/{repo}/git/trees/{sha:path}", _one_tree),
    ("POST", "/repos/{owner}/{repo}/git/blobs", _create_blob),
    ("GET", "/repos/{owner}/{repo}/git/blobs/{sha}", _one_blob),
]
